import { openTokenizer } from "../tokenizer.ts";
import type { DirectionTokens, RankedTokens } from "./lens.ts";
import type { WeightPair } from "./pair.ts";
import { withThreads, type Watch } from "./read-changes.ts";

export interface LensToken {
  readonly id: number;
  readonly text: string;
  readonly value: number;
}

export interface LensTokens {
  readonly toward: readonly LensToken[];
  readonly away: readonly LensToken[];
}

/**
 * Tokens that directions [hidden] point to by the final norm and the output matrix of `to`; undefined for a direction
 * that is zero. Rejects with EngineFailure.
 */
export async function logitLensTokens(
  { to, toDir, hiddenSize }: WeightPair,
  directions: readonly Float64Array[],
  topK: number,
  { signal, onTensor }: Watch = {},
): Promise<(LensTokens | undefined)[]> {
  const { architecture, tensors } = to;
  const { tiedHead, normOffset, finalSoftcap: softcap } = to.shape;
  const name = tiedHead ? architecture.embedding : architecture.head;
  const [finalNorm, head] = [tensors.get(architecture.finalNorm), tensors.get(name)];
  if (finalNorm === undefined || head === undefined) throw new Error(`Internal error: ${name} was not checked`);
  const tokenizer = openTokenizer(toDir);
  const packed = new Float64Array(directions.length * hiddenSize);
  for (const [index, direction] of directions.entries()) packed.set(direction, index * hiddenSize);
  const found = await withThreads(1, signal, (threads) =>
    threads.run("lens", { finalNorm, normOffset, head, softcap, directions: packed, topK }, [packed.buffer]),
  );
  onTensor?.(name);
  const named = ({ ids, values }: RankedTokens): LensToken[] =>
    ids.map((id, rank) => ({ id, text: tokenizer.spell([id]), value: values[rank]! }));
  const tokensOf = (tokens: DirectionTokens): LensTokens => ({
    toward: named(tokens.toward),
    away: named(tokens.away),
  });
  return found.map((tokens) => tokens && tokensOf(tokens));
}
