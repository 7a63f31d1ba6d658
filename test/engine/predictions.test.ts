import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDraws, drawInputs, DRAWS } from "../../src/engine/graph/draws.ts";
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
    graph.output(addWinner(graph, logits, vocabSize, IO.likeliest), "int64", ["rows", 1]);
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
    graph.output(addDraws(graph, logits, drawInputs(graph), vocabSize, DRAWS.drawn), "int32", ["drawn", 1]);
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
    const y = { name: "y", type: "int32", shape: ["n"] } as const;
    graph.choose(
      chosen,
      () => [{ ...y, value: graph.node("Add", [x, graph.integers([1], "int32")], "inner") }],
      () => [{ ...y, value: graph.node("Mul", [x, graph.integers([2], "int32")], "inner") }],
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
      [8, 10],
    ]);
    await session.close();
  });

  it("shares what is made outside, and returns nothing where it makes nothing", async () => {
    const graph = new GraphBuilder();
    const [chosen, x] = [graph.input("chosen", "bool", []), graph.input("x", "float32", ["n", 2])];
    const [y, z] = (["y", "z"] as const).map((name) => ({ name, type: "float32", shape: ["n", 2] }) as const);
    graph.choose(
      chosen,
      () => {
        const four = graph.outside(() => graph.node("Mul", [graph.number(2), graph.number(2)], "four"));
        return [{ ...y!, value: graph.node("Mul", [x, four], "product") }, graph.nothing(z!)];
      },
      () => [graph.nothing(y!), { ...z!, value: graph.node("Sub", [x, "four"], "difference") }],
    );
    for (const { name, type, shape } of [y!, z!]) graph.output(name, type, shape);
    const session = await OnnxSession.open(graph.finish(), "/");
    const run = async (choice: 0 | 1): Promise<unknown> => {
      const results = await session.run({
        chosen: { data: Uint8Array.of(choice), shape: [] },
        x: { data: Float32Array.of(1, 2), shape: [1, 2] },
      });
      return [results["y"], results["z"]];
    };
    const empty = { data: new Float32Array(0), shape: [0, 2] };
    expect(await run(1)).toEqual([{ data: Float32Array.of(4, 8), shape: [1, 2] }, empty]);
    expect(await run(0)).toEqual([empty, { data: Float32Array.of(-3, -2), shape: [1, 2] }]);
    await session.close();
  });

  it("has the same outputs as the other", () => {
    const graph = new GraphBuilder();
    const chosen = graph.input("chosen", "bool", []);
    const nothing = (name: string) => () => [graph.nothing({ name, type: "float32", shape: ["n"] })];
    expect(() => graph.choose(chosen, nothing("y"), nothing("z"))).toThrow("Internal error: branches differ");
  });
});

describe("what is repeated", () => {
  it("reads the entries of its lists in turn, and the state that the one before returned", async () => {
    const graph = new GraphBuilder();
    const start = graph.input("start", "int32", ["n"]);
    const terms = graph.input("terms", "int32", ["steps", 1]);
    const state = { name: "state", type: "int32", shape: ["n"], from: start, to: "end" } as const;
    graph.repeat(state, [{ name: "term", type: "int32", shape: [1], from: terms }], () => {
      const next = graph.node("Add", ["state", "term"], "next");
      const twice = graph.node("Mul", [next, graph.integers([2], "int32")], "twice");
      return [
        { ...state, value: next },
        { value: twice, name: "doubled", type: "int32", shape: ["n"] },
      ];
    });
    graph.output("end", "int32", ["n"]);
    graph.output("doubled", "int32", ["steps", "n"]);
    const session = await OnnxSession.open(graph.finish(), "/");
    const results = await session.run({
      start: { data: Int32Array.of(10, 20), shape: [2] },
      terms: { data: Int32Array.of(1, 2, 3), shape: [3, 1] },
    });
    expect(results["end"]!.data).toEqual(Int32Array.of(16, 26));
    expect(results["doubled"]).toEqual({ data: Int32Array.of(22, 42, 26, 46, 32, 52), shape: [3, 2] });
    await session.close();
  });
});
