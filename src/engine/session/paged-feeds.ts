import type { DecoderShape } from "../architectures/types.ts";
import { GROUPED } from "../attention/grouped.ts";
import { PAGED } from "../attention/paged.ts";
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

/** Only rows of one new token each, which see all of their past: enough of it that a group's tokens fit in. */
export function canGroup(shape: DecoderShape, { starts, past }: PagedRows): boolean {
  const group = shape.heads / shape.kvHeads;
  const longest = Math.max(...past) + 1;
  return (
    group > 1 &&
    past.length >= LEAST_ROWS &&
    starts.at(-1) === past.length &&
    Math.min(...past) >= group - 1 &&
    shape.windows.every((window) => window === undefined || window >= longest)
  );
}

const ROWS = { rowStarts: PAGED.rowStarts, past: PAGED.past, blockTable: PAGED.blockTable } as const;
const GROUP_ROWS = { rowStarts: GROUPED.rowStarts, past: GROUPED.past, blockTable: GROUPED.blockTable } as const;
type RowNames = Readonly<Record<keyof typeof ROWS, string>>;

/** The rows of a pass as the kernel wants them. */
export function pagedFeeds(rows: PagedRows): Record<string, Tensor> {
  const { starts, past } = rows;
  const mostNew = Math.max(...past.map((_, row) => starts[row + 1]! - starts[row]!));
  return { ...rowFeeds(rows, ROWS, 1), [PAGED.bounds]: integers([mostNew, longestOf(rows)]) };
}

/** New tokens in `times` places each. */
function rowFeeds(rows: PagedRows, names: RowNames, times: number): Record<string, Tensor> {
  const { starts, past, blocks, blockTokens } = rows;
  // The kernel reads as many columns as the longest row has blocks; what lies beyond a row's own is never looked at.
  const columns = Math.ceil(longestOf(rows) / blockTokens);
  const table = new Int32Array(past.length * columns);
  for (const [row, held] of blocks.entries()) table.set(held.slice(0, columns), row * columns);
  return {
    [names.rowStarts]: integers(starts.map((start) => start * times)),
    [names.past]: integers(past.map((tokens) => tokens + 1 - times)),
    [names.blockTable]: { data: table, shape: [past.length, columns] },
  };
}

/** A row without tokens. */
function noRows(names: RowNames): Record<string, Tensor> {
  return {
    [names.rowStarts]: integers([0, 0]),
    [names.past]: integers([0]),
    [names.blockTable]: { data: Int32Array.of(0), shape: [1, 1] },
  };
}

function longestOf({ starts, past }: PagedRows): number {
  return Math.max(...past.map((tokens, row) => tokens + starts[row + 1]! - starts[row]!));
}

/** Feeds one way of attending or the other. `orderOf`: kept from step to step, in which the count rarely changes. */
export function groupedFeeds(
  shape: DecoderShape,
  rows: PagedRows,
  orderOf: (tokens: number) => Record<string, Tensor>,
): Record<string, Tensor> {
  const { starts, past } = rows;
  const slots = new Int32Array(starts.at(-1)!);
  for (const [row, before] of past.entries()) {
    for (let token = starts[row]!; token < starts[row + 1]!; token++) {
      slots[token] = slotOf(rows, row, before + token - starts[row]!);
    }
  }
  const grouped = canGroup(shape, rows);
  const group = grouped ? shape.heads / shape.kvHeads : 0;
  const positions = new Int32Array(past.length * group);
  // Only the first token of a group stores.
  const groupSlots = new Int32Array(past.length * group).fill(-1);
  if (grouped) {
    for (const [row, position] of past.entries()) {
      positions.fill(position, row * group, (row + 1) * group);
      groupSlots[row * group] = slots[row]!;
    }
    slots.fill(-1);
  }
  return {
    ...(grouped ? { ...noRows(ROWS), [PAGED.bounds]: integers([1, 1]) } : pagedFeeds(rows)),
    ...(grouped ? rowFeeds(rows, GROUP_ROWS, group) : noRows(GROUP_ROWS)),
    ...orderOf(grouped ? past.length : 0),
    [GROUPED.inGroups]: { data: Uint8Array.of(grouped ? 1 : 0), shape: [] },
    [GROUPED.ungrouped]: { data: slots, shape: [slots.length] },
    [GROUPED.positions]: { data: wide(positions), shape: [positions.length, 1] },
    [GROUPED.slots]: { data: groupSlots, shape: [groupSlots.length] },
  };
}

function slotOf({ blocks, blockTokens }: PagedRows, row: number, position: number): number {
  return blocks[row]![Math.floor(position / blockTokens)]! * blockTokens + (position % blockTokens);
}

/**
 * The order of groups is (token, query of a group, key head); a token's own is (key head, query of a group), then its keys,
 * then its values.
 */
export function groupOrderFeeds({ heads, kvHeads }: DecoderShape, tokens: number): Record<string, Tensor> {
  const group = heads / kvHeads;
  const stride = heads + 2 * kvHeads;
  const count = tokens * heads;
  const feeds = { queries: new Int32Array(count), keys: new Int32Array(count), values: new Int32Array(count) };
  const back = new Int32Array(count);
  for (let at = 0; at < count; at++) {
    const [token, within] = [Math.floor(at / heads), at % heads];
    const [query, kvHead] = [Math.floor(within / kvHeads), within % kvHeads];
    const own = kvHead * group + query;
    feeds.queries[at] = token * stride + own;
    feeds.keys[at] = token * stride + heads + kvHead;
    feeds.values[at] = token * stride + heads + kvHeads + kvHead;
    back[token * heads + own] = at;
  }
  const tensor = (data: Int32Array): Tensor => ({ data, shape: [count] });
  return {
    [GROUPED.queries]: tensor(feeds.queries),
    [GROUPED.keys]: tensor(feeds.keys),
    [GROUPED.values]: tensor(feeds.values),
    [GROUPED.back]: tensor(back),
  };
}

/** The same numbers, none negative, in 64 bits: 50 times faster than through BigInt. */
function wide(values: Int32Array): BigInt64Array {
  const result = new BigInt64Array(values.length);
  const halves = new Int32Array(result.buffer);
  for (let index = 0; index < values.length; index++) halves[2 * index] = values[index]!;
  return result;
}
