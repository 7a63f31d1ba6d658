import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockPool, type RowBlocks } from "../../src/engine/session/block-pool.ts";

const ids = (length: number, first = 0): number[] => Array.from({ length }, (_, index) => first + index);

describe("a pool of blocks", () => {
  it("gives a row as many blocks as its tokens need, and none twice", () => {
    const pool = new BlockPool(4, 16);
    const [a, b] = [pool.take(ids(5), 20, ""), pool.take(ids(5), 32, "")];
    expect([a!.blocks.length, b!.blocks.length, pool.freeBlocks]).toEqual([2, 2, 0]);
    expect(new Set([...a!.blocks, ...b!.blocks]).size).toBe(4);
    expect(pool.take(ids(1), 1, "")).toBeUndefined();
    pool.release(a!);
    expect(pool.take(ids(40, 7), 40, "")).toBeUndefined();
    expect(pool.take(ids(32, 7), 32, "")?.blocks).toHaveLength(2);
  });

  it("shares the full blocks of a common beginning, and leaves a token to compute", () => {
    const pool = new BlockPool(8, 4);
    const first = pool.take(ids(10), 12, "")!;
    pool.know(ids(10), 10, first.blocks, "");
    const same = pool.take(ids(10), 12, "")!;
    expect([same.knownTokens, same.blocks.slice(0, 2)]).toEqual([8, first.blocks.slice(0, 2)]);
    expect(same.blocks[2]).not.toBe(first.blocks[2]);
    // Of 8 tokens that are all known, the last block is computed again: a prediction needs a token.
    expect(pool.take(ids(8), 8, "")!.knownTokens).toBe(4);
  });

  it("shares only what is computed, in the same realm, from the beginning on", () => {
    const pool = new BlockPool(20, 4);
    const first = pool.take(ids(12), 12, "")!;
    pool.know(ids(12), 7, first.blocks, "");
    expect(pool.take(ids(12), 12, "")!.knownTokens).toBe(4);
    expect(pool.take(ids(12), 12, "steered")!.knownTokens).toBe(0);
    expect(pool.take(ids(12, 4), 12, "")!.knownTokens).toBe(0);
  });

  it("keeps what nobody holds until room is needed, the oldest going first", () => {
    const pool = new BlockPool(3, 4);
    for (const start of [0, 100]) {
      const row = pool.take(ids(5, start), 4, "")!;
      pool.know(ids(5, start), 4, row.blocks, "");
      pool.release(row);
    }
    expect(pool.freeBlocks).toBe(3);
    // One block was never used, so one of the two known ones has to go.
    const other = pool.take(ids(8, 50), 8, "")!;
    expect(pool.take(ids(5, 100), 4, "")!.knownTokens).toBe(4);
    pool.release(other);
    expect(pool.take(ids(5), 4, "")!.knownTokens).toBe(0);
  });

  it("never gives a block to two rows that do not share it", () => {
    const action = fc.record({ begin: fc.nat(3), tokens: fc.integer({ min: 1, max: 30 }), leave: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const pool = new BlockPool(12, 4);
        const held: { readonly row: RowBlocks; readonly begin: number }[] = [];
        for (const { begin, tokens, leave } of actions) {
          if (leave < held.length) pool.release(held.splice(leave, 1)[0]!.row);
          const text = ids(tokens, 1000 * begin);
          const row = pool.take(text, tokens + 3, "");
          if (row === undefined) continue;
          pool.know(text, tokens, row.blocks, "");
          held.push({ row, begin });
          const owners = new Map<number, string>();
          for (const one of held) {
            for (const [at, block] of one.row.blocks.entries()) {
              const shared = at * 4 < one.row.knownTokens || owners.has(block);
              const owner = `${one.begin} ${at}`;
              if (shared) expect(owners.get(block) ?? owner).toBe(owner);
              owners.set(block, owner);
            }
          }
          expect(pool.freeBlocks).toBe(12 - owners.size);
        }
        for (const { row } of held) pool.release(row);
        expect(pool.freeBlocks).toBe(12);
      }),
    );
  });
});
