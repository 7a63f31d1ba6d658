import { beforeAll, describe, expect, it } from "vitest";
import { COMBINERS } from "../../src/methods/combiners.ts";
import type { CombinationBest } from "../../src/runtime/tasks/combination.ts";
import type { Results } from "../../src/runtime/tasks/results-document.ts";
import { createSharedProject, SPEC } from "../rig/project.ts";

/** The rig's experiment at three layers, where everything is coherent enough, and every way to combine its vectors. */
const STRATEGIES = Object.entries(COMBINERS).map(([vectors, { isOneVector }]) => {
  const layer = isOneVector ? "best" : "own";
  return `    - { name: ${vectors}_of_best, vectors: ${vectors}, layer: ${layer} }`;
});
const spec = `${SPEC.replace("layers: [3]", "layers: [1, 2, 3]").replace(
  "search: { evaluations: 1, start: 0.3 }",
  "search: { evaluations: 2, start: 0.3, min_coherence: 0 }\n  refine: { points: 2 }",
)}
combinations:
  sources: [instruction, natural]
  strategies:
${STRATEGIES.join("\n")}
`;

interface Line {
  readonly evaluation: number;
  readonly weight: number;
  readonly trait: number;
}

describe("apply of a spec with every combiner", () => {
  const project = createSharedProject(spec);
  const read = (path: string): string => project.read(`experiments/small/${path}`);
  const results = () => JSON.parse(read("reports/results.json")) as Results;
  const linesOf = (strategy: string): Line[] =>
    read(`combinations/sycophancy/${strategy}/responses.jsonl`)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
  const bestOf = (strategy: string) =>
    JSON.parse(read(`combinations/sycophancy/${strategy}/best.json`)) as CombinationBest;
  /** Trait scores of a strategy's best scale, on the questions that report. */
  const scoresOf = (strategy: string): number[] => {
    const scale = bestOf(strategy).best?.scale;
    const answers = linesOf(strategy).filter(({ weight }) => weight === scale);
    return [1, 3].map((question) => answers[question]!.trait);
  };

  beforeAll(async () => {
    await project.apply();
  });

  it("tries as many scales as a single vector gets coefficients: a search's, and a finer grid's", () => {
    for (const vectors of Object.keys(COMBINERS)) {
      const lines = linesOf(`${vectors}_of_best`);
      expect(new Set(lines.map(({ weight }) => weight)).size).toBe(4);
      expect(lines).toHaveLength(4 * 4);
    }
  });

  it("steers where the strategy says", () => {
    const layers = ["instruction", "natural"].map(
      (source) =>
        (JSON.parse(read(`steering/selection/sycophancy/${source}.json`)) as { best: { layer: number } }).best,
    );
    const [low, high] = layers.map(({ layer }) => layer).toSorted((a, b) => a - b) as [number, number];
    const at = (vectors: string) => bestOf(`${vectors}_of_best`).hooks.map(({ layer }) => layer);
    for (const one of ["sum", "weighted_sum", "orthogonal_sum"]) {
      expect(at(one)).toHaveLength(1);
      expect([low, high]).toContain(at(one)[0]);
    }
    expect(new Set(at("each"))).toEqual(new Set([low, high]));
    expect(at("each_layer")).toEqual(Array.from({ length: high - low + 1 }, (_, index) => low + index));
  });

  it("compares the combinations and the sources' best vectors with each other, question by question", () => {
    const { combination_pairs: pairs } = results();
    const strategies = Object.keys(COMBINERS).map((vectors) => `${vectors}_of_best`);
    const names = ["best(instruction)", "best(natural)", ...strategies];
    expect(pairs.map(({ one, other }) => `${one}, ${other}`)).toEqual(
      names.flatMap((one, index) => names.slice(index + 1).map((other) => `${one}, ${other}`)),
    );
    const pair = pairs.find(({ one, other }) => one === "sum_of_best" && other === "each_of_best");
    const deltas = scoresOf("sum_of_best").map((score, index) => score - scoresOf("each_of_best")[index]!);
    expect(pair?.trait_delta).toBeCloseTo((deltas[0]! + deltas[1]!) / 2, 10);
    expect(pair?.interval).toEqual(deltas.toSorted((a, b) => a - b).map((delta) => expect.closeTo(delta, 10)));
  });

  it("shows them, and has nothing left to do", async () => {
    const { stdout } = await project.run("show", "results", "specs/small.yaml");
    expect(stdout).toMatch(
      /sycophancy: of 21 pairs of combinations and sources' best vectors, (none differs\.|these differ:)/,
    );
    expect(await project.todo()).toEqual([]);
  });
});
