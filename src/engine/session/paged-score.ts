import { cacheTooSmall, notFinite } from "./failures.ts";
import type { RowBlocks } from "./block-pool.ts";
import type { PagedDecoder } from "./paged-decoder.ts";
import { MAX_ROWS } from "./paged-generate.ts";
import { checkPrompts, sortedOrder, type Prompts } from "./prompts.ts";
import type { Report } from "./protocol.ts";

/** One prompt's part of a pass. */
interface Step {
  readonly index: number;
  readonly blocks: RowBlocks;
  readonly past: number;
  readonly ids: readonly number[];
}

/**
 * Probability of each of `tokenIds` as the next token after each prompt. Prompts that begin alike (a judge's do) share the
 * full blocks of their beginning: in sorted order, every distinct one is computed once.
 */
export async function scorePaged(
  decoder: PagedDecoder,
  prompts: Prompts,
  tokenIds: readonly number[],
  maxBatchTokens: number,
  report: Report,
): Promise<Float32Array[]> {
  const { pool } = decoder;
  checkPrompts(prompts, tokenIds, decoder.shape);
  for (const [index, { length }] of prompts.entries()) {
    if (pool.blocksFor(length) * pool.blockTokens > pool.tokens) throw cacheTooSmall(index, length, pool.tokens);
  }
  const results = Array.from<Float32Array>({ length: prompts.length });
  const waiting = sortedOrder(prompts);
  let unfinished: Step | undefined;
  let [rowsDone, tokens] = [0, 0];
  try {
    while (waiting.length > 0 || unfinished !== undefined) {
      const steps = nextSteps(decoder, prompts, waiting, unfinished, maxBatchTokens);
      const complete = [...steps.keys()].filter((row) => {
        const { index, past, ids } = steps[row]!;
        return past + ids.length === prompts[index]!.length;
      });
      const result = await decoder.forward({
        rows: steps.map(({ ids }) => ids),
        past: steps.map(({ past }) => past),
        blocks: steps.map(({ blocks }) => blocks.blocks),
        predict: complete,
        scoreTokens: tokenIds,
      });
      for (const [place, row] of complete.entries()) {
        const { index, blocks } = steps[row]!;
        if (!Number.isFinite(result.logitSums[place])) throw notFinite(`The prediction after prompt ${index}`);
        results[index] = result.scores.slice(place * tokenIds.length, (place + 1) * tokenIds.length);
        pool.release(blocks);
        tokens += prompts[index]!.length;
      }
      // Only a pass's last prompt can be cut.
      unfinished = complete.length === steps.length ? undefined : steps.at(-1);
      rowsDone += complete.length;
      report({ rowsDone, rows: prompts.length, tokens });
    }
  } finally {
    pool.reset();
  }
  return results;
}

/** What is left of the prompt that the last pass cut, then prompts that wait while there is room. */
function nextSteps(
  { pool }: PagedDecoder,
  prompts: Prompts,
  waiting: number[],
  unfinished: Step | undefined,
  maxTokens: number,
): Step[] {
  const steps: Step[] = [];
  const add = (index: number, blocks: RowBlocks, past: number, room: number): number => {
    const ids = prompts[index]!.slice(past, past + room);
    steps.push({ index, blocks, past, ids });
    pool.know(prompts[index]!, past + ids.length, blocks.blocks, "");
    return room - ids.length;
  };
  let room = maxTokens;
  if (unfinished !== undefined) {
    const { index, blocks, past, ids } = unfinished;
    room = add(index, blocks, past + ids.length, room);
  }
  while (room > 0 && waiting.length > 0 && steps.length < MAX_ROWS) {
    const index = waiting[0]!;
    const { length } = prompts[index]!;
    const blocks = pool.take(prompts[index]!, length, "");
    if (blocks === undefined) break;
    waiting.shift();
    room = add(index, blocks, blocks.knownTokens, room);
  }
  return steps;
}
