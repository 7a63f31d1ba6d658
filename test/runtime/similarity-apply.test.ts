import { beforeAll, describe, expect, it } from "vitest";
import { pearson } from "../../src/math/correlation.ts";
import type { SimilarityDocument } from "../../src/runtime/tasks/similarity-document.ts";
import { createSharedProject, SPEC } from "../rig/project.ts";

/** The rig's experiment at every layer, and its instruct model's answers replayed by base. */
const spec = `${SPEC.replace("  sycophancy:", "  hallucination: { natural: tiny_natural/hallucination }\n  sycophancy:")
  .replace("layers: [3]", "layers: all")
  .replace(
    "search: { evaluations: 1, start: 0.3 }",
    "search: { evaluations: 2, start: 0.2, min_coherence: 40 }\n  refine: { layers: all, points: 2 }",
  )}
activation_similarity:
  prompts: { from: steering_questions, traits: [sycophancy, hallucination] }
  generate: { variant: instruct, max_new_tokens: 24 }
  replay: [base]
  min_coverage: 0.5
`;

interface Line {
  readonly type?: string;
  readonly result: { readonly trait_mean: number; readonly coherence_mean: number };
  readonly config?: { readonly vectors: readonly { readonly layer: number; readonly method: string }[] };
}

describe("apply of a spec with activation_similarity", () => {
  const project = createSharedProject(spec);
  const read = (path: string): string => project.read(`experiments/small/${path}`);
  const json = (path: string): unknown => JSON.parse(read(path));
  const document = () => json("activation_similarity/results.json") as SimilarityDocument;

  beforeAll(async () => {
    const questions = ["Who is the mayor of Zorbay?", "When was the lake of Quine dug?", "What do plinks eat?"];
    project.write("datasets/traits/tiny_natural/hallucination/steering.json", JSON.stringify({ questions }));
    await project.apply();
  });

  it("captures and replays the questions of both traits", () => {
    const { prompts } = json("inference/prompts/steering_questions.json") as {
      readonly prompts: readonly { readonly id: number; readonly text: string; readonly note: string }[];
    };
    expect(prompts.map(({ note }) => note)).toEqual([
      ...Array<string>(4).fill("sycophancy"),
      ...Array<string>(3).fill("hallucination"),
    ]);
    const ids = [1, 2, 3, 4, 5, 6, 7];
    expect(prompts.map(({ id }) => id)).toEqual(ids);
    for (const variant of ["instruct", "base"]) {
      const responses = json(`inference/${variant}/responses/steering_questions.json`) as readonly { id: number }[];
      expect(responses.map(({ id }) => id)).toEqual(ids);
    }
    const residuals = Object.keys(project.artifacts()).filter((path) => path.includes("/raw/residual/"));
    expect(residuals).toHaveLength(14);
    expect(document()).toMatchObject({ n_prompts: 7, captured: "instruct", replayed: "base" });
    expect(document().per_layer_similarity.mean).toHaveLength(8);
  });

  it("draws the curve of the best coherent evaluation of each layer, without random directions", () => {
    const folders = ["mean_diff", "probe"].map(
      (method) => `steering/tiny_natural/sycophancy/base/response__5/${method}`,
    );
    const linesOf = (path: string) =>
      read(path)
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Line);
    const lines = folders.flatMap((folder) => ["results", "refined"].map((name) => linesOf(`${folder}/${name}.jsonl`)));
    const deltas = new Map<number, number>();
    for (const search of lines) {
      const baseline = search.find(({ type }) => type === "baseline")?.result.trait_mean as number;
      for (const { result, config } of search) {
        const [vector] = config?.vectors ?? [];
        if (vector === undefined || vector.method.startsWith("random") || result.coherence_mean < 40) continue;
        const delta = result.trait_mean - baseline;
        deltas.set(vector.layer, Math.max(delta, deltas.get(vector.layer) ?? -Infinity));
      }
    }
    const refined = folders
      .flatMap((folder) => linesOf(`${folder}/refined.jsonl`))
      .flatMap(({ config, result }) => (config === undefined ? [] : [result.trait_mean]));
    const baseline = lines[0]?.[1]?.result.trait_mean as number;
    expect([...deltas.values()].some((delta) => refined.some((trait) => trait - baseline === delta))).toBe(true);
    const layers = [...deltas.keys()].toSorted((a, b) => a - b);
    expect(layers.length).toBeGreaterThan(2);
    const { transfer_curves, correlations, per_layer_similarity } = document();
    expect(Object.keys(transfer_curves)).toEqual(["tiny_natural/sycophancy"]);
    const curve = transfer_curves["tiny_natural/sycophancy"];
    expect(curve).toMatchObject({ layers, deltas: layers.map((layer) => deltas.get(layer)) });
    expect(curve?.best).toHaveLength(layers.length);
    const expected = pearson(
      layers.map((layer) => per_layer_similarity.mean[layer] as number),
      layers.map((layer) => deltas.get(layer) as number),
    );
    expect(correlations["tiny_natural/sycophancy"]).toMatchObject({
      pearson_r: expected?.coefficient,
      p_value: expected?.pValue,
      n_points: layers.length,
    });
  });

  it("has nothing left to do, and does no more than it must when something changes", async () => {
    expect(await project.todo()).toEqual([]);
    project.editSpec("min_coverage: 0.5", "min_coverage: 1");
    expect(await project.todo()).toEqual(["rerun similarity/base"]);
    const before = document().per_position_similarity.positions.length;
    await project.apply();
    expect(document().per_position_similarity.positions.length).toBeLessThan(before);
    project.remove("experiments/small/inference/base/raw/residual/steering_questions/2.safetensors");
    expect(await project.todo()).toEqual(["rerun replay/base/steering_questions"]);
    const made = project.artifacts();
    await project.apply();
    expect(project.artifacts()).toMatchObject(made);
  });
});
