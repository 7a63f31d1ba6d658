import { expect, test } from "vitest";
import { decodeSafetensors } from "../../src/domain/safetensors.ts";
import { openModel } from "../../src/engine/index.ts";
import { createProject, SPEC } from "../rig/project.ts";

interface Answer {
  readonly layer: number;
  readonly method: string;
  readonly weight: number;
  readonly prompt_ids: readonly number[];
  readonly response_ids: readonly number[];
}

/** A step asks 12 rows of three configurations; batches hold two or three of them, so that most are cut across one. */
const CUT_UP = SPEC.replace("max_batch_tokens: 2048", "max_batch_tokens: 128")
  .replace("layers: [3]\n  max_new_tokens: 8", "layers: [2, 3, 4]\n  max_new_tokens: 16")
  .replace("search: { evaluations: 1, start: 0.3 }", "search: { evaluations: 2, start: 0.6, up: 1.8, down: 0.4 }");

test("every answer is steered at the layer and by the coefficient that it is filed under, however batches are cut", async () => {
  const project = createProject(CUT_UP);
  const set = "tiny_natural/sycophancy/base";
  await project.apply("--target", `steering/${set}/response__5/mean_diff`);
  const folder = "experiments/small";
  const text = project.read(`${folder}/steering/${set}/response__5/mean_diff/responses.jsonl`).trimEnd();
  const lines = text.split("\n").map((line) => JSON.parse(line) as Answer);
  const answers = lines.filter(({ method }) => method === "mean_diff");
  expect(new Set(answers.map(({ layer, weight }) => `${layer} ${weight}`)).size).toBe(6);
  const vectors = `${folder}/extraction/${set}/vectors/response__5/residual/mean_diff/vectors.safetensors`;
  const { data } = decodeSafetensors(project.readBytes(vectors), "vectors");
  const directions = Array.from({ length: 8 }, (_, layer) => data.slice(layer * 128, (layer + 1) * 128));
  const model = await openModel({
    weightsDir: project.path("models/tiny/instruct"),
    provider: "cpu",
    maxBatchTokens: 2048,
  });
  for (const { layer, weight, prompt_ids: promptIds, response_ids } of answers) {
    const steering = [{ layer, vector: layer, coefficient: weight }];
    const row = { promptIds, maxNewTokens: 16, sampling: { temperature: 0 as const }, steering };
    expect((await model.generate([row], directions))[0]?.ids).toEqual(response_ids);
  }
  await model.close();
  // Of one question, most configurations give different answers: a row under another's name would be seen.
  const distinct = new Set(answers.map(({ prompt_ids, response_ids }) => JSON.stringify([prompt_ids, response_ids])));
  expect(distinct.size).toBeGreaterThan(answers.length / 2);
});
