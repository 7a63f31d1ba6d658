import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DecoderShape } from "../../src/engine/architectures/types.ts";
import { addDraws, DRAWS } from "../../src/engine/graph/draws.ts";
import { IO } from "../../src/engine/graph/io.ts";
import { addWinner } from "../../src/engine/graph/predictions.ts";
import { GraphBuilder } from "../../src/engine/onnx/graph-builder.ts";
import { OnnxSession } from "../../src/engine/onnx/runtime.ts";
import { sampleToken } from "../../src/engine/session/sampler.ts";
import { seededRandom } from "../../src/util/random.ts";

/** Parts of the GPUs' graph that run on any provider. */

function logitsOf(seed: string, rows: number, vocabSize: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: rows * vocabSize }, () => 8 * random() - 4);
}

describe("the likeliest token of a large vocabulary", () => {
  it.each([65_537, 128_256, 151_936])("is that of %i logits, the lowest id among equals", async (vocabSize) => {
    const graph = new GraphBuilder();
    const logits = graph.input("logits", "float32", ["rows", vocabSize]);
    graph.output(addWinner(graph, logits, vocabSize), "int64", ["rows", 1]);
    const session = await OnnxSession.open(graph.finish(), "/");
    const data = logitsOf("winner", 4, vocabSize);
    // Highest at the ends, in the middle, and twice.
    const places = [0, vocabSize - 1, Math.floor(vocabSize / 2), 65_535];
    for (const [row, place] of places.entries()) data[row * vocabSize + place] = 9;
    data[3 * vocabSize + 65_536] = 9;
    const results = await session.run({ logits: { data, shape: [4, vocabSize] } });
    expect(Array.from(results[IO.likeliest]!.data, Number)).toEqual(places);
    await session.close();
  });
});

describe("tokens drawn in the graph", () => {
  it("are those that the sampler draws", async () => {
    const vocabSize = 1000;
    const graph = new GraphBuilder();
    const logits = graph.input("logits", "float32", ["rows", vocabSize]);
    addDraws(graph, logits, { vocabSize } as DecoderShape);
    const session = await OnnxSession.open(graph.finish(), "/");
    const data = logitsOf("draws", 3, vocabSize);
    const draw = fc.record({
      row: fc.nat(2),
      temperature: fc.constantFrom(0.25, 1, 2),
      uniform: fc.float({ min: 0, max: Math.fround(0.9999), noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(draw, { minLength: 1, maxLength: 20 }), async (draws) => {
        const column = (values: number[]) => ({ data: Float32Array.from(values), shape: [values.length, 1] });
        const results = await session.run({
          logits: { data, shape: [3, vocabSize] },
          [DRAWS.rows]: { data: Int32Array.from(draws, ({ row }) => row), shape: [draws.length] },
          [DRAWS.temperatures]: column(draws.map(({ temperature }) => temperature)),
          [DRAWS.uniforms]: column(draws.map(({ uniform }) => uniform)),
        });
        for (const [index, { row, temperature, uniform }] of draws.entries()) {
          const own = data.subarray(row * vocabSize, (row + 1) * vocabSize);
          const near = [uniform - 1e-5, uniform + 1e-5].map((bound) =>
            sampleToken(own, { temperature, topP: 1, seed: "" }, Math.max(0, bound)),
          );
          const drawn = Number(results[DRAWS.drawn]!.data[index]);
          expect(drawn).toBeGreaterThanOrEqual(near[0]!);
          expect(drawn).toBeLessThanOrEqual(near[1]!);
        }
      }),
      { numRuns: 30 },
    );
    await session.close();
  });
});

describe("a branch", () => {
  it("runs what is chosen, with what lies outside and with its own integers", async () => {
    const graph = new GraphBuilder();
    const [chosen, x] = [graph.input("chosen", "bool", []), graph.input("x", "int32", ["n"])];
    graph.choose(
      chosen,
      () => [graph.node("Add", [x, graph.localIntegers("one", [1])], "more")],
      () => [graph.node("Identity", [x], "same")],
      [{ name: "y", type: "int32", shape: ["n"] }],
    );
    graph.output("y", "int32", ["n"]);
    const session = await OnnxSession.open(graph.finish(), "/");
    const run = async (choice: 0 | 1): Promise<number[]> => {
      const feeds = {
        chosen: { data: Uint8Array.of(choice), shape: [] },
        x: { data: Int32Array.of(4, 5), shape: [2] },
      };
      return Array.from((await session.run(feeds))["y"]!.data, Number);
    };
    expect([await run(1), await run(0)]).toEqual([
      [5, 6],
      [4, 5],
    ]);
    await session.close();
  });
});
