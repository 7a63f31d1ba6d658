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

/** What rows of a kernel are fed; the same inputs exist for both ways of attending. */
interface RowFeeds {
  readonly rowStarts: Tensor;
  readonly past: Tensor;
  readonly blockTable: Tensor;
  readonly bounds: Tensor;
}

/** A row without tokens. */
const NOTHING: RowFeeds = {
  rowStarts: integers([0, 0]),
  past: integers([0]),
  blockTable: { data: Int32Array.of(0), shape: [1, 1] },
  bounds: integers([1, 1]),
};

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

/** The rows of a pass as the kernel wants them: new tokens in `times` places each. */
export function rowFeeds({ starts, past, blocks, blockTokens }: PagedRows, times = 1): RowFeeds {
  const lengths = past.map((tokens, row) => tokens + starts[row + 1]! - starts[row]!);
  const longest = Math.max(...lengths);
  // The kernel reads as many columns as the longest row has blocks; what lies beyond a row's own is never looked at.
  const columns = Math.ceil(longest / blockTokens);
  const table = new Int32Array(past.length * columns);
  for (const [row, held] of blocks.entries()) table.set(held.slice(0, columns), row * columns);
  const mostNew = Math.max(...past.map((_, row) => starts[row + 1]! - starts[row]!));
  return {
    rowStarts: integers(starts.map((start) => start * times)),
    past: integers(past.map((tokens) => tokens + 1 - times)),
    blockTable: { data: table, shape: [past.length, columns] },
    bounds: integers([mostNew * times, longest]),
  };
}

export function pagedFeeds(rows: PagedRows): Record<string, Tensor> {
  return named(rowFeeds(rows), PAGED);
}

/** Feeds both ways of attending, one of them nothing. `groupHeads`: kept from step to step, in which the count rarely changes. */
export function groupedFeeds(
  shape: DecoderShape,
  rows: PagedRows,
  groupHeads: (tokens: number) => Record<string, Tensor>,
): Record<string, Tensor> {
  const { starts, past } = rows;
  const tokens = starts.at(-1)!;
  const positions = new Int32Array(tokens);
  const slots = new Int32Array(tokens);
  for (const [row, before] of past.entries()) {
    for (let token = starts[row]!; token < starts[row + 1]!; token++) {
      const position = before + token - starts[row]!;
      positions[token] = position;
      slots[token] = slotOf(rows, row, position);
    }
  }
  const grouped = canGroup(shape, rows);
  const group = shape.heads / shape.kvHeads;
  const groupTokens = Int32Array.from({ length: grouped ? tokens * group : 0 }, (_, at) => Math.floor(at / group));
  return {
    ...named(grouped ? NOTHING : rowFeeds(rows), PAGED),
    ...named(grouped ? rowFeeds(rows, group) : NOTHING, GROUPED),
    ...groupHeads(grouped ? tokens : 0),
    [GROUPED.positions]: { data: wide(positions), shape: [tokens, 1] },
    [GROUPED.slots]: { data: grouped ? new Int32Array(tokens).fill(-1) : slots, shape: [tokens] },
    [GROUPED.tokens]: { data: groupTokens, shape: [groupTokens.length] },
    // Only the first token of a group stores.
    [GROUPED.slotsOfGroups]: {
      data: Int32Array.from(groupTokens, (token, at) => (at % group === 0 ? slots[token]! : -1)),
      shape: [groupTokens.length],
    },
  };
}

/** Heads of tokens in the order (token, query of a group, key head); a token's own order is (key head, query of a group). */
export function groupHeadFeeds({ heads, kvHeads }: DecoderShape, tokens: number): Record<string, Tensor> {
  const group = heads / kvHeads;
  const index = Int32Array.from({ length: tokens * heads }, (_, at) => {
    const [token, within] = [Math.floor(at / heads), at % heads];
    return token * heads + (within % kvHeads) * group + Math.floor(within / kvHeads);
  });
  return {
    [GROUPED.heads]: { data: index, shape: [index.length] },
    [GROUPED.headsBack]: { data: wide(index), shape: [index.length, 1] },
  };
}

/** The same numbers, none negative, in 64 bits: 50 times faster than through BigInt. */
function wide(values: Int32Array): BigInt64Array {
  const result = new BigInt64Array(values.length);
  const halves = new Int32Array(result.buffer);
  for (let index = 0; index < values.length; index++) halves[2 * index] = values[index]!;
  return result;
}

function slotOf({ blocks, blockTokens }: PagedRows, row: number, position: number): number {
  return blocks[row]![Math.floor(position / blockTokens)]! * blockTokens + (position % blockTokens);
}

function named(feeds: RowFeeds, names: Readonly<Record<keyof RowFeeds, string>>): Record<string, Tensor> {
  return {
    [names.rowStarts]: feeds.rowStarts,
    [names.past]: feeds.past,
    [names.blockTable]: feeds.blockTable,
    [names.bounds]: feeds.bounds,
  };
}
