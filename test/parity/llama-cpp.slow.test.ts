import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { VectorsTask } from "../../src/domain/task.ts";
import { encodeSafetensors } from "../../src/domain/safetensors-encode.ts";
import { convertGguf } from "../../src/engine/index.ts";
import { PaddedDecoder } from "../../src/engine/session/padded-decoder.ts";
import { controlVectors } from "../../src/runtime/export/control-vectors.ts";
import type { ExportSource } from "../../src/runtime/export/types.ts";
import { seededRandom } from "../../src/util/random.ts";
import { relativeError } from "../engine/models.ts";
import { REPOSITORY } from "../rig/project.ts";
import { PYTHON } from "../rig/python.ts";
import { tempFolder } from "../rig/temp-folder.ts";

/** The libraries of llama.cpp: `bins/linux-x64` of the npm package @node-llama-cpp/linux-x64. */
const LLAMA_CPP = process.env["LLAMA_CPP"];

const GGUF = join(REPOSITORY, "test/fixtures/gguf/llama.gguf");
const LAYERS = 2;
const HIDDEN = 64;
const IDS = [1, 40, 7, 199, 23, 5];
const SCALES = [0, 3, -1.5];

function sourceOf(vectors: Float32Array): ExportSource {
  const params = {
    dataset: "set/trait",
    variant: "v",
    position: "response[:]",
    component: "residual",
    method: "probe",
  };
  const task = { kind: "vectors", id: "vectors/v", params, outputs: ["v/vectors.safetensors", "v/metadata.json"] };
  const metadata = JSON.stringify({ n_layers: LAYERS, hidden_dim: HIDDEN });
  const content = encodeSafetensors({ vectors: { shape: [LAYERS, HIDDEN], data: vectors } });
  return {
    experiment: { name: "e", variants: new Map() } as unknown as ExportSource["experiment"],
    tasks: [{ id: task.id, task: task as unknown as VectorsTask, action: "keep", reasons: [], digest: "" }] as never,
    records: new Map(),
    readFile: (path) => (path.endsWith(".json") ? Buffer.from(metadata) : content),
  };
}

describe.skipIf(LLAMA_CPP === undefined)("llama.cpp (needs LLAMA_CPP: a folder of its libraries)", () => {
  test("adds an exported direction where steerform adds it: at the same layer's output, as often as it is told", async () => {
    const folder = tempFolder();
    const random = seededRandom("control");
    const vectors = Float32Array.from({ length: LAYERS * HIDDEN }, () => random() - 0.5);
    const [file] = controlVectors.files(sourceOf(vectors));
    const path = join(folder, "a-control-vector.gguf");
    writeFileSync(path, file?.content ?? "");
    const script = join(REPOSITORY, "test/rig/llama_cpp.py");
    const args = [script, LLAMA_CPP ?? "", GGUF, path, "1", IDS.join(), SCALES.join()];
    const theirs = JSON.parse(
      execFileSync(PYTHON, args, { stdio: ["ignore", "pipe", "inherit"] }).toString(),
    ) as number[][];

    const weights = join(folder, "weights");
    await convertGguf(GGUF, weights);
    const model = await PaddedDecoder.open(weights);
    const ours = async (layer: number, coefficient: number): Promise<Float32Array> => {
      const steering = [{ layer, vector: layer, coefficient }];
      const directions = [vectors.slice(0, HIDDEN), vectors.slice(HIDDEN)];
      const run = { rows: [IDS], past: [0], predict: [0], logitRows: [0], vectors: directions, steering: [steering] };
      return (await model.forward(run)).logits;
    };
    const change = (from: ArrayLike<number>, to: ArrayLike<number>): number[] =>
      Array.from(to, (value, index) => value - from[index]!);
    const [plain, ...steered] = theirs as [number[], ...number[][]];
    // llama.cpp multiplies by blocks of small integers, steerform by what they stand for.
    expect(relativeError(plain, await ours(1, 0))).toBeLessThan(0.05);
    for (const [index, coefficient] of SCALES.slice(1).entries()) {
      const changed = change(plain, steered[index]!);
      expect(relativeError(changed, change(await ours(1, 0), await ours(1, coefficient)))).toBeLessThan(0.02);
      expect(relativeError(changed, change(await ours(0, 0), await ours(0, coefficient)))).toBeGreaterThan(0.5);
    }
    await model.close();
  });
});
