import type { Generated, GenerateRow } from "../../domain/engine.ts";
import { longestFirst } from "./batches.ts";
import type { RowBlocks } from "./block-pool.ts";
import { cacheTooSmall, notFinite } from "./failures.ts";
import type { PagedDecoder } from "./paged-decoder.ts";
import type { Report } from "./protocol.ts";
import { acceptToken, checkRows, startRow, type ActiveRow } from "./rows.ts";
import { sampleToken } from "./sampler.ts";

/** More rows than this make a step no better used; their logits would need more memory. */
export const MAX_ROWS = 512;

/** Tokens of a row in one run: a row that ends early wastes what is left of them, and who waits for its place waits as long. */
const MOST_STEPS = 8;

interface PagedRow extends ActiveRow {
  readonly blocks: RowBlocks;
  /** Rows of one realm compute the same from the same tokens. */
  readonly realm: string;
}

/** What a row contributes to a pass. */
interface Step {
  readonly one: PagedRow;
  readonly ids: readonly number[];
  readonly past: number;
  /** Its prompt ends in this pass, or has ended before: a token follows. */
  readonly predicts: boolean;
}

/**
 * Writes every row to its end by continuous batching (Yu et al. 2022, Orca): every pass gives each row that is being
 * written one token, and fills up to `maxBatchTokens` with the prompts of rows that wait, long ones in pieces. A row that
 * ends leaves its blocks to the next. Rows that are steered alike share the full blocks of a common beginning.
 */
export async function generatePaged(
  decoder: PagedDecoder,
  rows: readonly GenerateRow[],
  vectors: readonly Float32Array[],
  maxBatchTokens: number,
  report: Report,
): Promise<Generated[]> {
  const { pool } = decoder;
  checkRows(rows, vectors, decoder.shape);
  for (const [index, { promptIds, maxNewTokens }] of rows.entries()) {
    const tokens = promptIds.length + maxNewTokens;
    if (pool.blocksFor(tokens) * pool.blockTokens > pool.tokens) throw cacheTooSmall(index, tokens, pool.tokens);
  }
  const results = rows.map((): Generated => ({ ids: [], finish: "length" }));
  const waiting = longestFirst(rows.map(({ promptIds }) => promptIds.length)).filter(
    (index) => rows[index]!.maxNewTokens > 0,
  );
  let active: PagedRow[] = [];
  let tokens = 0;
  try {
    while (waiting.length > 0 || active.length > 0) {
      const before = active.reduce((sum, { ids }) => sum + ids.length, 0);
      const steps = nextSteps(decoder, rows, waiting, active, maxBatchTokens);
      const count = stepsAtOnce(decoder, steps);
      if (count > 0) await decode(decoder, steps, vectors, count);
      else await run(decoder, steps, vectors);
      tokens += active.reduce((sum, { ids }) => sum + ids.length, 0) - before;
      for (const { finish, index, ids, blocks } of active) {
        if (finish === undefined) continue;
        results[index] = { ids, finish };
        pool.release(blocks);
      }
      active = active.filter(({ finish }) => finish === undefined);
      report({ rowsDone: rows.length - waiting.length - active.length, rows: rows.length, tokens });
    }
  } finally {
    pool.reset();
  }
  return results;
}

/** Rows that enter are moved from `waiting` to `active`. */
function nextSteps(
  { pool }: PagedDecoder,
  rows: readonly GenerateRow[],
  waiting: number[],
  active: PagedRow[],
  maxBatchTokens: number,
): Step[] {
  const written = active.filter(({ past, row }) => past >= row.promptIds.length);
  const steps = written.map((one): Step => ({ one, ids: [one.ids.at(-1)!], past: one.past, predicts: true }));
  const readPrompt = (one: PagedRow, room: number): number => {
    const { promptIds } = one.row;
    const ids = promptIds.slice(one.past, one.past + room);
    const computed = one.past + ids.length;
    steps.push({ one, ids, past: one.past, predicts: computed === promptIds.length });
    pool.know(promptIds, computed, one.blocks.blocks, one.realm);
    return room - ids.length;
  };
  let room = Math.max(1, maxBatchTokens - steps.length);
  for (const one of active) if (one.past < one.row.promptIds.length && room > 0) room = readPrompt(one, room);
  while (room > 0 && waiting.length > 0 && active.length < MAX_ROWS) {
    const index = waiting[0]!;
    const row = rows[index]!;
    const realm = JSON.stringify(row.steering);
    const blocks = pool.take(row.promptIds, row.promptIds.length + row.maxNewTokens, realm);
    if (blocks === undefined) break;
    waiting.shift();
    const one = { ...startRow(index, row), past: blocks.knownTokens, blocks, realm };
    active.push(one);
    room = readPrompt(one, room);
  }
  return steps;
}

/** Of how many tokens each row is given in the next run, if all of them are being written; otherwise 0. */
function stepsAtOnce(decoder: PagedDecoder, steps: readonly Step[]): number {
  const canStep = ({ one, past }: Step): boolean =>
    past >= one.row.promptIds.length && !("seed" in one.row.sampling && one.row.sampling.topP < 1);
  if (!decoder.steps || !steps.every(canStep)) return 0;
  return Math.min(MOST_STEPS, ...steps.map(({ one }) => one.row.maxNewTokens - one.ids.length));
}

async function decode(
  decoder: PagedDecoder,
  steps: readonly Step[],
  vectors: readonly Float32Array[],
  count: number,
): Promise<void> {
  const active = steps.map(({ one }) => one);
  const { tokens, logitSums } = await decoder.decode({
    count,
    ids: active.map(({ ids }) => ids.at(-1)!),
    past: active.map(({ past }) => past),
    blocks: active.map(({ blocks }) => blocks.blocks),
    vectors,
    steering: active.map(({ row }) => row.steering),
    draws: active.flatMap(({ row: { sampling }, random }, row) => {
      if (!("seed" in sampling)) return [];
      return [{ row, temperature: sampling.temperature, uniforms: Array.from({ length: count }, random) }];
    }),
  });
  for (const [place, one] of active.entries()) {
    // What follows the end of a text is dropped.
    for (let step = 0; step < count && one.finish === undefined; step++) {
      const at = step * active.length + place;
      accept(one, tokens[at]!, logitSums[at]!, decoder.stopIds);
    }
    one.past += count;
  }
}

function accept(one: PagedRow, token: number, logitSum: number, stopIds: ReadonlySet<number>): void {
  if (!Number.isFinite(logitSum)) throw notFinite(`The prediction of token ${one.ids.length} of row ${one.index}`);
  acceptToken(one, token, stopIds);
}

async function run(decoder: PagedDecoder, steps: readonly Step[], vectors: readonly Float32Array[]): Promise<void> {
  const predicted = [...steps.keys()].filter((index) => steps[index]!.predicts);
  const drawn: number[] = [];
  const returned: number[] = [];
  for (const [place, index] of predicted.entries()) {
    const { sampling } = steps[index]!.one.row;
    // A nucleus is cut on the host: it needs the probabilities in order.
    if ("seed" in sampling) (sampling.topP >= 1 ? drawn : returned).push(place);
  }
  const rowAt = (place: number): PagedRow => steps[predicted[place]!]!.one;
  const prediction = await decoder.forward({
    rows: steps.map(({ ids }) => ids),
    past: steps.map(({ past }) => past),
    blocks: steps.map(({ one }) => one.blocks.blocks),
    vectors,
    steering: steps.map(({ one }) => one.row.steering),
    predict: predicted,
    logitRows: returned,
    draws: drawn.map((row) => {
      const { sampling } = rowAt(row).row;
      return { row, temperature: sampling.temperature, uniform: rowAt(row).random() };
    }),
  });
  for (const { one, ids } of steps) one.past += ids.length;
  const tokens = [...prediction.likeliest];
  for (const [index, place] of drawn.entries()) tokens[place] = prediction.drawn[index]!;
  const { vocabSize } = decoder.shape;
  for (const [index, place] of returned.entries()) {
    const { row, random } = rowAt(place);
    if (!("seed" in row.sampling)) continue;
    const logits = prediction.logits.subarray(index * vocabSize, (index + 1) * vocabSize);
    tokens[place] = sampleToken(logits, row.sampling, random());
  }
  for (const place of predicted.keys()) {
    accept(rowAt(place), tokens[place]!, prediction.logitSums[place]!, decoder.stopIds);
  }
}
