import { describe, expect, it } from "vitest";
import type { DecoderShape } from "../../src/engine/architectures/types.ts";
import { GROUPED } from "../../src/engine/attention/grouped.ts";
import { PAGED } from "../../src/engine/attention/paged.ts";
import { canGroup, groupOrderFeeds, noStepFeeds, pagedFeeds, stepFeeds } from "../../src/engine/session/paged-feeds.ts";
import { STEPS } from "../../src/engine/graph/steps.ts";
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
const orderOf = (rows: number): ReturnType<typeof groupOrderFeeds> => groupOrderFeeds(shape, rows);

describe("rows of a pass in the paged cache", () => {
  it("are fed with their blocks, as many columns as the longest has, and bounds", () => {
    const feeds = pagedFeeds({ starts: [0, 3, 4], past: [0, 17], blocks: [[5], [7, 2, 9]], blockTokens: 16 });
    expect(feeds[PAGED.rowStarts]).toEqual({ data: Int32Array.of(0, 3, 4), shape: [3] });
    expect(feeds[PAGED.past]).toEqual({ data: Int32Array.of(0, 17), shape: [2] });
    expect(feeds[PAGED.blockTable]).toEqual({ data: Int32Array.of(5, 0, 7, 2), shape: [2, 2] });
    expect(feeds[PAGED.bounds]).toEqual({ data: Int32Array.of(3, 18), shape: [2] });
  });

  it("are grouped when there are many, each has enough past, and no window ends it within the steps", () => {
    expect(canGroup(shape, decoding, 1)).toBe(true);
    expect(canGroup(shape, { ...decoding, past: decoding.past.map((_, row) => (row === 7 ? 1 : 5)) }, 1)).toBe(false);
    expect(canGroup({ ...shape, windows: [undefined, 60] }, decoding, 1)).toBe(false);
    expect(canGroup({ ...shape, windows: [undefined, 62] }, decoding, 1)).toBe(true);
    expect(canGroup({ ...shape, windows: [undefined, 62] }, decoding, 2)).toBe(false);
    expect(canGroup({ ...shape, kvHeads: 6 }, decoding, 1)).toBe(false);
    expect(canGroup(shape, { ...decoding, past: decoding.past.slice(0, 20) }, 1)).toBe(false);
  });

  it("grow by one token a step, into as many blocks as the last step needs", () => {
    const rows = { starts: [0, 1, 2], past: [14, 3], blocks: [[3, 1], [5]], blockTokens: 16 };
    const feeds = stepFeeds(shape, rows, 3, orderOf);
    expect(feeds[STEPS.past]).toEqual({ data: Int32Array.of(14, 3, 15, 4, 16, 5), shape: [3, 2] });
    expect(feeds[PAGED.blockTable]).toEqual({ data: Int32Array.of(3, 1, 5, 0), shape: [2, 2] });
    const truths = [feeds[STEPS.pass]!.data, feeds[GROUPED.inGroups]!.data];
    expect(truths).toEqual([Uint8Array.of(0), Uint8Array.of(0)]);
    // A pass and steps are runs of one graph: what one of them does not read is fed all the same.
    const pass = [...Object.keys(noStepFeeds(orderOf)), ...Object.keys(pagedFeeds(rows)), STEPS.uniforms];
    expect(new Set([...Object.keys(feeds), STEPS.uniforms])).toEqual(new Set(pass));
  });

  it("see and store in groups what they see and store one head at a time", () => {
    const steps = 3;
    const feeds = stepFeeds(shape, decoding, steps, orderOf);
    expect(feeds[GROUPED.inGroups]!.data).toEqual(Uint8Array.of(1));
    const ofStep = (name: string, step: number): number[] => {
      const { data } = feeds[name]!;
      return Array.from(data, Number).slice((step * data.length) / steps, ((step + 1) * data.length) / steps);
    };
    const data = (name: string): Int32Array => feeds[name]!.data as Int32Array;
    const { heads, kvHeads } = shape;
    const stride = heads + 2 * kvHeads;
    const random = seededRandom("heads");
    // A head is a number here; what a query makes of the keys and values that it sees is their weighted sum.
    const packed = Array.from({ length: ROWS * stride }, () => random());
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

    const order = data(GROUPED.order);
    for (let step = 0; step < steps; step++) {
      // As the kernel does: every group's first token stores, then all of a group's tokens see the whole row.
      const stored = new Map<number, number>();
      const positions = ofStep(GROUPED.positions, step);
      for (const [token, slot] of ofStep(GROUPED.slots, step).entries()) {
        const row = Math.floor(token / GROUP);
        const position = decoding.past[row]! + step;
        // Queries and keys are rotated to their position, values not at all.
        expect(positions.slice(3 * token, 3 * token + 3)).toEqual([position, position, 0]);
        expect(slot >= 0).toBe(token % GROUP === 0);
        if (slot < 0) continue;
        expect(slot).toBe(decoding.blocks[row]![Math.floor(position / 16)]! * 16 + (position % 16));
        stored.set(row, token);
      }
      const attended: number[] = [];
      for (let token = 0; token < ROWS * GROUP; token++) {
        const row = Math.floor(token / GROUP);
        expect(ofStep(GROUPED.past, step)[row]! + GROUP).toBe(decoding.past[row]! + step + 1);
        for (let kvHead = 0; kvHead < kvHeads; kvHead++) {
          const vector = (of: number, part: 0 | 1 | 2): number => packed[order[(3 * of + part) * kvHeads + kvHead]!]!;
          const first = stored.get(row)!;
          attended.push(mix(vector(token, 0), [...cached[row]![kvHead]!, [vector(first, 1), vector(first, 2)]]));
        }
      }
      expect(Array.from(data(GROUPED.back), (at) => attended[at])).toEqual(expected);
    }
  });
});
