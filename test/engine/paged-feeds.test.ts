import { describe, expect, it } from "vitest";
import type { DecoderShape } from "../../src/engine/architectures/types.ts";
import { GROUPED } from "../../src/engine/attention/grouped.ts";
import { PAGED } from "../../src/engine/attention/paged.ts";
import { canGroup, groupedFeeds, groupOrderFeeds, pagedFeeds } from "../../src/engine/session/paged-feeds.ts";
import { seededRandom } from "../../src/util/random.ts";

const shape = { heads: 6, kvHeads: 2, headDim: 4, windows: [undefined, undefined] } as unknown as DecoderShape;
const GROUP = 3;
const ROWS = 50;

/** Rows of one new token each. */
const decoding = {
  starts: Array.from({ length: ROWS + 1 }, (_, row) => row),
  past: Array.from({ length: ROWS }, (_, row) => 2 + ((row * 13) % 60)),
  blocks: Array.from({ length: ROWS }, (_, row) => [4 * row, 4 * row + 2, 4 * row + 1, 4 * row + 3]),
  blockTokens: 16,
};
const orderOf = (tokens: number): ReturnType<typeof groupOrderFeeds> => groupOrderFeeds(shape, tokens);

describe("rows of a pass in the paged cache", () => {
  it("are fed with their blocks, as many columns as the longest has, and bounds", () => {
    const feeds = pagedFeeds({ starts: [0, 3, 4], past: [0, 17], blocks: [[5], [7, 2, 9]], blockTokens: 16 });
    expect(feeds[PAGED.rowStarts]).toEqual({ data: Int32Array.of(0, 3, 4), shape: [3] });
    expect(feeds[PAGED.past]).toEqual({ data: Int32Array.of(0, 17), shape: [2] });
    expect(feeds[PAGED.blockTable]).toEqual({ data: Int32Array.of(5, 0, 7, 2), shape: [2, 2] });
    expect(feeds[PAGED.bounds]).toEqual({ data: Int32Array.of(3, 18), shape: [2] });
  });

  it("are grouped when each has one new token, enough past, and no window ends it", () => {
    expect(canGroup(shape, decoding)).toBe(true);
    expect(canGroup(shape, { ...decoding, past: decoding.past.map((_, row) => (row === 7 ? 1 : 5)) })).toBe(false);
    expect(canGroup({ ...shape, windows: [undefined, 60] }, decoding)).toBe(false);
    expect(canGroup({ ...shape, windows: [undefined, 62] }, decoding)).toBe(true);
    expect(canGroup({ ...shape, kvHeads: 6 }, decoding)).toBe(false);
    expect(canGroup(shape, { ...decoding, starts: decoding.starts.map((start) => 2 * start) })).toBe(false);
  });

  it("attend in one way, and the other is given nothing", () => {
    const grouped = groupedFeeds(shape, decoding, orderOf);
    expect([grouped[GROUPED.inGroups]!.data, grouped[PAGED.rowStarts]!.data]).toEqual([
      Uint8Array.of(1),
      Int32Array.of(0, 0),
    ]);
    expect(new Set(Array.from(grouped[GROUPED.ungrouped]!.data, Number))).toEqual(new Set([-1]));
    const prompts = groupedFeeds(shape, { starts: [0, 2], past: [15], blocks: [[3, 1]], blockTokens: 16 }, orderOf);
    expect([prompts[GROUPED.inGroups]!.data, prompts[GROUPED.queries]!.shape]).toEqual([Uint8Array.of(0), [0]]);
    // Position 15 ends block 3, position 16 begins block 1.
    expect(prompts[GROUPED.ungrouped]!.data).toEqual(Int32Array.of(3 * 16 + 15, 16));
  });

  it("see and store in groups what they see and store one head at a time", () => {
    const feeds = groupedFeeds(shape, decoding, orderOf);
    const data = (name: string): Int32Array => feeds[name]!.data as Int32Array;
    const { heads, kvHeads } = shape;
    const stride = heads + 2 * kvHeads;
    const random = seededRandom("heads");
    // A head is a number here; what a query makes of the keys and values that it sees is their weighted sum.
    const packed = Array.from({ length: ROWS * stride }, () => random());
    const longest = 80;
    const cached = decoding.past.map((past) =>
      Array.from({ length: kvHeads }, () => Array.from({ length: past }, () => [random(), random()] as const)),
    );
    const mix = (query: number, seen: readonly (readonly [number, number])[]): number =>
      seen.reduce((sum, [key, value]) => sum + query * key * value, 0);
    const direct = packed.map((query, at) => {
      const [row, head] = [Math.floor(at / stride), at % stride];
      if (head >= heads) return 0;
      const kvHead = Math.floor(head / GROUP);
      const own = [packed[row * stride + heads + kvHead]!, packed[row * stride + heads + kvHeads + kvHead]!] as const;
      return mix(query, [...cached[row]![kvHead]!, own]);
    });
    const expected = direct.filter((_, at) => at % stride < heads);

    // As the kernel does: every group's first token stores, then all of a group's tokens see the whole row.
    const stored = new Map<number, number>();
    const slots = data(GROUPED.slots);
    for (const [token, slot] of slots.entries()) {
      const row = Math.floor(token / GROUP);
      expect(slot >= 0).toBe(token % GROUP === 0);
      if (slot < 0) continue;
      const position = decoding.past[row]!;
      expect(slot).toBe(decoding.blocks[row]![Math.floor(position / 16)]! * 16 + (position % 16));
      expect(BigInt(position)).toBe((feeds[GROUPED.positions]!.data as BigInt64Array)[token]);
      stored.set(row, token);
    }
    const attended: number[] = [];
    for (let token = 0; token < ROWS * GROUP; token++) {
      const row = Math.floor(token / GROUP);
      expect(data(GROUPED.past)[row]! + GROUP).toBe(decoding.past[row]! + 1);
      for (let kvHead = 0; kvHead < kvHeads; kvHead++) {
        const [query, first] = [token * kvHeads + kvHead, stored.get(row)! * kvHeads + kvHead];
        const own = [packed[data(GROUPED.keys)[first]!]!, packed[data(GROUPED.values)[first]!]!] as const;
        attended.push(mix(packed[data(GROUPED.queries)[query]!]!, [...cached[row]![kvHead]!.slice(0, longest), own]));
      }
    }
    expect(Array.from(data(GROUPED.back), (at) => attended[at])).toEqual(expected);
  });
});
