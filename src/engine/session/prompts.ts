import type { DecoderShape } from "../architectures/types.ts";
import { emptyPrompt, promptTooLong } from "./failures.ts";

/** Prompts whose next token is asked for. */
export type Prompts = readonly (readonly number[])[];

/** Indices of the prompts so that each shares as much of its beginning with the one before as with any other. */
export function sortedOrder(prompts: Prompts): number[] {
  return Array.from(prompts.keys()).toSorted((a, b) => compareIds(prompts[a]!, prompts[b]!));
}

export function checkPrompts(prompts: Prompts, tokenIds: readonly number[], shape: DecoderShape): void {
  for (const [index, { length }] of prompts.entries()) {
    if (length === 0) throw emptyPrompt(index);
    if (length > shape.maxPositions) throw promptTooLong(index, `${length} tokens`, shape.maxPositions);
  }
  const unknown = tokenIds.find((id) => !(id >= 0 && id < shape.vocabSize));
  if (unknown !== undefined) throw new Error(`Internal error: there is no token ${unknown} to score`);
}

function compareIds(a: readonly number[], b: readonly number[]): number {
  const shared = sharedLength(a, b);
  return (a[shared] ?? -1) - (b[shared] ?? -1);
}

export function sharedLength(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
