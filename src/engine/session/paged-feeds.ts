import type { DecoderShape } from "../architectures/types.ts";
import { GROUPED } from "../attention/grouped.ts";
import { PAGED } from "../attention/paged.ts";
import { STEPS } from "../graph/steps.ts";
import type { Tensor } from "../onnx/runtime.ts";
import { integers } from "./feeds.ts";

/** Below, what is saved in attention is lost again in launches (measured on an H100, 32 layers). */
const LEAST_ROWS = 48;

/** How a pass's tokens lie in the cache. */
export interface PagedRows {
  /** [rows + 1]: each row's first token among those of the pass. */
  readonly starts: readonly number[];
  /** [rows] */
  readonly past: readonly number[];
  /** [rows]: each row's blocks, in order. */
  readonly blocks: readonly (readonly number[])[];
  readonly blockTokens: number;
}

/** Only rows that see all of their past: enough of it that a group's tokens fit in. */
export function canGroup(shape: DecoderShape, { past }: PagedRows, steps: number): boolean {
  const group = shape.heads / shape.kvHeads;
  const longest = Math.max(...past) + steps;
  return (
    group > 1 &&
    past.length >= LEAST_ROWS &&
    Math.min(...past) >= group - 1 &&
    shape.windows.every((window) => window === undefined || window >= longest)
  );
}

/** The rows of a pass as the kernel wants them. */
export function pagedFeeds(rows: PagedRows): Record<string, Tensor> {
  const { starts, past } = rows;
  const mostNew = Math.max(...past.map((_, row) => starts[row + 1]! - starts[row]!));
  const longest = Math.max(...past.map((tokens, row) => tokens + starts[row + 1]! - starts[row]!));
  return {
    [PAGED.rowStarts]: integers(starts),
    [PAGED.past]: integers(past),
    [PAGED.blockTable]: blockTable(rows, longest),
    [PAGED.bounds]: integers([mostNew, longest]),
  };
}

/** The kernel reads as many columns as the longest row has blocks; what lies beyond a row's own is never looked at. */
function blockTable({ blocks, blockTokens }: PagedRows, longest: number): Tensor {
  const columns = Math.ceil(longest / blockTokens);
  const table = new Int32Array(blocks.length * columns);
  for (const [row, held] of blocks.entries()) table.set(held.slice(0, columns), row * columns);
  return { data: table, shape: [blocks.length, columns] };
}

/** What a pass is fed for the steps that it does not do. */
export function noStepFeeds(orderOf: GroupOrder): Record<string, Tensor> {
  return {
    [STEPS.pass]: truth(true),
    [STEPS.past]: { data: new Int32Array(1), shape: [1, 1] },
    [STEPS.uniforms]: { data: new Float32Array(0), shape: [1, 0, 1] },
    ...noGroupFeeds(orderOf),
  };
}

function noGroupFeeds(orderOf: GroupOrder): Record<string, Tensor> {
  return {
    [GROUPED.inGroups]: truth(false),
    [GROUPED.rowStarts]: integers([0, 0]),
    [GROUPED.blockTable]: { data: new Int32Array(1), shape: [1, 1] },
    [GROUPED.past]: { data: new Int32Array(1), shape: [1, 1] },
    [GROUPED.positions]: { data: new BigInt64Array(0), shape: [1, 0, 1] },
    [GROUPED.slots]: { data: new Int32Array(0), shape: [1, 0] },
    ...orderOf(0),
  };
}

/** Feeds of groups of so many rows; kept from run to run, in which the count rarely changes. */
export type GroupOrder = (rows: number) => Record<string, Tensor>;

/** Steps of rows of one new token each. */
export function stepFeeds(
  shape: DecoderShape,
  rows: PagedRows,
  steps: number,
  orderOf: GroupOrder,
): Record<string, Tensor> {
  const { starts, past } = rows;
  const count = past.length;
  const table = blockTable(rows, Math.max(...past) + steps);
  const inSteps = (times: number): Tensor => ({
    data: Int32Array.from({ length: steps * count }, (_, at) => past[at % count]! + Math.floor(at / count) + 1 - times),
    shape: [steps, count],
  });
  const feeds = {
    [STEPS.pass]: truth(false),
    [PAGED.rowStarts]: integers(starts),
    [PAGED.past]: integers(past),
    [PAGED.blockTable]: table,
    [PAGED.bounds]: integers([1, 1]),
    [STEPS.past]: inSteps(1),
  };
  if (!canGroup(shape, rows, steps)) return { ...feeds, ...noGroupFeeds(orderOf) };
  const group = shape.heads / shape.kvHeads;
  const tokens = count * group;
  // Of queries, keys and values, which are not rotated.
  const positions = new Int32Array(steps * tokens * 3);
  // Only the first token of a group stores.
  const slots = new Int32Array(steps * tokens).fill(-1);
  for (let step = 0; step < steps; step++) {
    for (let row = 0; row < count; row++) {
      const [at, position] = [step * tokens + row * group, past[row]! + step];
      for (let vector = 3 * at; vector < 3 * (at + group); vector += 3) positions.fill(position, vector, vector + 2);
      slots[at] = slotOf(rows, row, position);
    }
  }
  return {
    ...feeds,
    [GROUPED.inGroups]: truth(true),
    [GROUPED.rowStarts]: integers(starts.map((start) => start * group)),
    [GROUPED.blockTable]: table,
    [GROUPED.past]: inSteps(group),
    [GROUPED.positions]: { data: wide(positions), shape: [steps, tokens * 3, 1] },
    [GROUPED.slots]: { data: slots, shape: [steps, tokens] },
    ...orderOf(count),
  };
}

function truth(value: boolean): Tensor {
  return { data: Uint8Array.of(value ? 1 : 0), shape: [] };
}

function slotOf({ blocks, blockTokens }: PagedRows, row: number, position: number): number {
  return blocks[row]![Math.floor(position / blockTokens)]! * blockTokens + (position % blockTokens);
}

/**
 * The order of groups is (row, query of a group, key head); a row's own is (key head, query of a group), then its keys,
 * then its values.
 */
export function groupOrderFeeds({ heads, kvHeads }: DecoderShape, rows: number): Record<string, Tensor> {
  const group = heads / kvHeads;
  const stride = heads + 2 * kvHeads;
  const order = new Int32Array(3 * rows * heads);
  const back = new Int32Array(rows * heads);
  for (let at = 0; at < rows * heads; at++) {
    const [row, within] = [Math.floor(at / heads), at % heads];
    const [query, kvHead] = [Math.floor(within / kvHeads), within % kvHeads];
    const own = kvHead * group + query;
    const first = 3 * (at - kvHead) + kvHead;
    order[first] = row * stride + own;
    order[first + kvHeads] = row * stride + heads + kvHead;
    order[first + 2 * kvHeads] = row * stride + heads + kvHeads + kvHead;
    back[row * heads + own] = at;
  }
  return {
    [GROUPED.order]: { data: order, shape: [3 * rows * group, kvHeads, 1] },
    [GROUPED.back]: { data: back, shape: [rows, heads] },
  };
}

/** The same numbers, none negative, in 64 bits: 50 times faster than through BigInt. */
function wide(values: Int32Array): BigInt64Array {
  const result = new BigInt64Array(values.length);
  const halves = new Int32Array(result.buffer);
  for (let index = 0; index < values.length; index++) halves[2 * index] = values[index]!;
  return result;
}
