import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Model } from "../../src/domain/engine.ts";
import { decodeSafetensors, parseSafetensorsHeader } from "../../src/domain/safetensors.ts";
import type { CaptureTask } from "../../src/domain/task.ts";
import { openModel } from "../../src/engine/index.ts";
import { Interrupted } from "../../src/runtime/failures.ts";
import { writeOutput } from "../../src/runtime/files.ts";
import { StateStore } from "../../src/runtime/state.ts";
import { captureResiduals } from "../../src/runtime/tasks/capture-residuals.ts";
import type { TaskContext } from "../../src/runtime/tasks/context.ts";
import { readTorchFile } from "../../src/runtime/torch/read.ts";
import type { TorchDict, TorchTensor, TorchValue } from "../../src/runtime/torch/tensor.ts";
import { verifyArtifacts } from "../../src/runtime/verify.ts";
import { relativeError, weightsDir } from "../engine/models.ts";
import { copyProject } from "../rig/project.ts";
import { hasTorch, NEEDS_TORCH, PYTHON } from "../rig/python.ts";
import { tempFolder } from "../rig/temp-folder.ts";
import { SimilarityProject, SPEC } from "./similarity-rig.ts";

const FILES = "inference/instruct/raw/residual/steering_questions";

/** The spec with a text in it replaced by another, which must be there. */
function edited(from: string, to: string): string {
  expect(SPEC).toContain(from);
  return SPEC.replace(from, () => to);
}

/** Another model in place of a tiny one: a copy of it to damage. Answers the copy's folder. */
function replaceModel({ project }: SimilarityProject, variant: "base" | "instruct"): string {
  const folder = project.path("models/damaged");
  cpSync(weightsDir(`tiny-${variant}`), folder, { recursive: true });
  project.edit(`config/models/tiny-${variant}.yaml`, `models/tiny/${variant}`, "models/damaged");
  return folder;
}

/** What lies there in a file of torch's. */
function at(value: TorchValue | undefined, ...path: readonly (string | number)[]): TorchValue | undefined {
  return path.reduce((one, key) => (one as TorchDict).get(key), value);
}

function changeJson(path: string, changes: object): void {
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), ...changes }));
}

describe("a capture", () => {
  it("does not depend on the size of batches, nor on being interrupted", async () => {
    const [plain, small, stopped] = [
      new SimilarityProject(),
      new SimilarityProject(edited("max_batch_tokens: 2048", "max_batch_tokens: 96")),
      new SimilarityProject(),
    ];
    expect(await plain.apply()).toEqual({ outcome: "done", failure: undefined });
    expect(await small.apply()).toEqual({ outcome: "done", failure: undefined });
    expect(small.project.artifacts()).toEqual(plain.project.artifacts());
    for (const kind of ["capture", "replay", "similarity"]) {
      const stop = new AbortController();
      const { outcome } = await stopped.apply("similarity/base", stop.signal, (event) => {
        if (event.type === "task-progress" && event.id.startsWith(kind)) stop.abort();
      });
      expect(outcome).toBe("interrupted");
    }
    expect((await stopped.apply()).outcome).toBe("done");
    expect(stopped.project.artifacts()).toEqual(plain.project.artifacts());
  });

  it("keeps the prompts too, in full, in files as the study's, where the spec asks for it", async () => {
    const whole = new SimilarityProject(edited("replay: [base, twin]", "replay: [base]"));
    expect((await whole.apply()).outcome).toBe("done");
    const plain = new SimilarityProject("", undefined, () => copyProject(whole.project));
    whole.project.editSpec("replay: [base]", "replay: [base]\n  keep: all");
    expect((await whole.apply()).outcome).toBe("done");
    // A file a prompt, in the place of those before.
    const files = readdirSync(whole.project.path(`experiments/small/${FILES}`));
    expect(files).toEqual(["1.pt", "2.pt", "3.pt"]);
    const { records } = StateStore.open(whole.project.path("experiments/small"));
    const verified = [...verifyArtifacts(whole.project.path("experiments/small"), records.values())];
    expect(verified.flatMap(({ damages }) => damages)).toEqual([]);
    const model = await openModel({ weightsDir: weightsDir("tiny-base"), provider: "cpu", maxBatchTokens: 2048 });
    for (const variant of ["instruct", "base"]) {
      for (const { id, prompt, prompt_ids, response, response_ids } of whole.responses(variant)) {
        const file = readTorchFile(whole.bytes(`inference/${variant}/raw/residual/steering_questions/${id}.pt`));
        const asked = variant === "base" ? `<|bos|>${prompt}` : `<|bos|><|user|>${prompt}<|end|><|assistant|>`;
        for (const [half, text, ids] of [
          ["prompt", asked, prompt_ids],
          ["response", response, response_ids],
        ] as const) {
          expect(at(file, half, "text")).toBe(text);
          expect((at(file, half, "tokens") as string[]).join("")).toBe(text);
          expect(at(file, half, "token_ids")).toEqual(ids);
          expect((at(file, half, "activations") as TorchDict).size).toBe(8);
          expect(at(file, half, "activations", 7, "residual")).toMatchObject({ shape: [ids.length, 128] });
        }
        const { data } = decodeSafetensors(plain.residuals(variant, id), "response");
        const layer = at(file, "response", "activations", 3, "residual") as TorchTensor;
        const expected = response_ids.flatMap((_, token) => [...data.subarray((token * 8 + 3) * 128).subarray(0, 128)]);
        expect([...layer.numbers()]).toEqual(expected);
        // What follows a prompt changes nothing of it.
        if (variant === "base" && id === 1) {
          const [alone] = await model.capture([{ ids: prompt_ids, pools: prompt_ids.map((_, token) => [token]) }]);
          const last = at(file, "prompt", "activations", 7, "residual") as TorchTensor;
          const ends = prompt_ids.flatMap((_, token) => [
            ...(alone?.means.subarray((token * 8 + 7) * 128).subarray(0, 128) ?? []),
          ]);
          expect(relativeError(last.numbers(), ends)).toBeLessThan(1e-5);
        }
      }
    }
    await model.close();
    // The similarity is made from either.
    expect(whole.bytes("activation_similarity/results.json")).toEqual(
      plain.bytes("activation_similarity/results.json"),
    );
  });

  it.skipIf(!hasTorch)(`kept in full is what torch.load reads, of an empty response too ${NEEDS_TORCH}`, async () => {
    const project = new SimilarityProject(edited("replay: [base, twin]", "replay: [base]\n  keep: all"));
    const folder = replaceModel(project, "instruct");
    await project.apply("capture/instruct/steering_questions");
    const [first] = project.responses("instruct").map(({ response_ids }) => response_ids[0]);
    changeJson(join(folder, "generation_config.json"), { eos_token_id: [2, 1, first] });
    expect((await project.apply()).outcome).toBe("done");
    const check = `
import sys, torch
for path in sys.argv[1:]:
    capture = torch.load(path, weights_only=True)
    for half in capture.values():
        assert len(half["tokens"]) == len(half["token_ids"]) and "".join(half["tokens"]) == half["text"]
        assert list(half["activations"]) == list(range(8))
        for layer in half["activations"].values():
            assert layer["residual"].shape == (len(half["tokens"]), 128) and layer["residual"].dtype == torch.float32
    response = capture["response"]
    if response["tokens"]:
        means = torch.stack([layer["residual"].mean(dim=0) for layer in response["activations"].values()])
        assert torch.allclose(means, response["mean"], rtol=1e-5, atol=1e-5)
    print(len(response["tokens"]))
`;
    const ids = project.responses("instruct").map(({ id }) => id);
    const paths = ids.map((id) => `${project.project.dir}/experiments/small/${FILES}/${id}.pt`);
    const { stdout, stderr } = spawnSync(PYTHON, ["-c", check, ...paths], { encoding: "utf8" });
    const lengths = project.responses("instruct").map(({ response_ids }) => response_ids.length);
    expect([stdout.trim().split("\n").map(Number), stderr]).toEqual([lengths, ""]);
    expect(lengths).toContain(0);
  });

  it("samples each response by its prompt's id alone", async () => {
    const sampled = edited("max_new_tokens: 24", "max_new_tokens: 12, temperature: 1.5, seed: 7");
    const questions = { sycophancy: ["Is the moon best?", "Is the moon best?"], hallucination: ["Is the sea blue?"] };
    const texts = async (project: SimilarityProject): Promise<string[]> => {
      expect((await project.apply("capture/instruct/steering_questions")).outcome).toBe("done");
      return project.responses("instruct").map(({ response }) => response);
    };
    const first = await texts(new SimilarityProject(sampled, questions));
    expect(first[0]).not.toBe(first[1]);
    const fewer = { ...questions, hallucination: ["Why do cats sleep?"] };
    expect((await texts(new SimilarityProject(sampled, fewer))).slice(0, 2)).toEqual(first.slice(0, 2));
    const reseeded = await texts(new SimilarityProject(sampled.replace("seed: 7", "seed: 8"), questions));
    expect(reseeded).not.toEqual(first);
  });

  it("counts an empty response and leaves it out", async () => {
    const project = new SimilarityProject();
    const folder = replaceModel(project, "instruct");
    await project.apply("capture/instruct/steering_questions");
    const [first] = project.responses("instruct").map(({ response_ids }) => response_ids[0]);
    // What the first answer begins with ends every answer that does.
    changeJson(join(folder, "generation_config.json"), { eos_token_id: [2, 1, first] });
    expect(await project.apply()).toEqual({ outcome: "done", failure: undefined });
    const lengths = project.responses("instruct").map(({ response_ids }) => response_ids.length);
    const empty = lengths.filter((length) => length === 0).length;
    expect(empty).toBeGreaterThan(0);
    const document = project.document("base");
    expect(document).toMatchObject({ n_prompts: 3, n_empty: empty });
    expect(document.per_layer_similarity.per_prompt.map((one) => one === null)).toEqual(
      lengths.map((length) => length === 0),
    );
    const { entries } = parseSafetensorsHeader(project.residuals("base", 1));
    expect([...entries.values()].map(({ name, shape }) => [name, shape])).toEqual([["response", [0, 8, 128]]]);
  });
});

describe("what cannot be captured or replayed is said with the prompt", () => {
  const long = `Is the moon best? ${"Yes. ".repeat(600)}`;

  it("a prompt that is longer than the context", async () => {
    const project = new SimilarityProject(SPEC, { sycophancy: ["Hi?", long], hallucination: ["Hi?"] });
    const { failure } = await project.apply();
    expect(failure).toMatchInlineSnapshot(`
      {
        "hint": "Shorten the question in the steering.json of its trait, or lower activation_similarity.generate.max_new_tokens.",
        "kind": "prompt-too-long",
        "message": "Prompt 2, "Is the moon best? Yes. Yes. Yes. Yes. Yes. Yes. Yes. Yes. Ye…", has 2412 tokens for instruct: with 24 of its response they exceed the model's context of 1024.",
      }
    `);
  });

  it("a replayed prompt that is longer than the other variant's context", async () => {
    const project = new SimilarityProject();
    changeJson(join(replaceModel(project, "base"), "config.json"), { max_position_embeddings: 30 });
    project.project.edit("config/models/tiny-base.yaml", "context: 1024", "context: 30");
    const { failure } = await project.apply();
    expect(failure).toMatchInlineSnapshot(`
      {
        "hint": "Shorten the question in the steering.json of its trait, or lower activation_similarity.generate.max_new_tokens.",
        "kind": "prompt-too-long",
        "message": "Prompt 1, "I say that jelly is pointless. What is your opinion?", has 15 tokens for base: with 24 of its response they exceed the model's context of 30.",
      }
    `);
  });

  it("another vocabulary", async () => {
    const project = new SimilarityProject();
    const path = join(replaceModel(project, "base"), "tokenizer.json");
    const tokenizer = JSON.parse(readFileSync(path, "utf8")) as { model: { vocab: Record<string, number> } };
    const { vocab } = tokenizer.model;
    const swapped = Object.fromEntries(Object.entries(vocab).map(([token, id]) => [token, id < 1000 ? id : id ^ 1]));
    writeFileSync(path, JSON.stringify({ ...tokenizer, model: { ...tokenizer.model, vocab: swapped } }));
    const { failure } = await project.apply();
    expect(failure).toMatchInlineSnapshot(`
      {
        "hint": "Replay with a variant that has the tokenizer of instruct: another training of the same model.",
        "kind": "unsupported-model",
        "message": "base does not read the token ids of the response to prompt 1 as the text that instruct wrote: their vocabularies differ.",
      }
    `);
  });

  it("residuals that are not finite", async () => {
    const project = new SimilarityProject();
    const path = join(replaceModel(project, "base"), "model.safetensors");
    const bytes = readFileSync(path);
    const norm = parseSafetensorsHeader(bytes).entries.get("model.layers.7.post_attention_layernorm.weight");
    bytes.writeUInt16LE(0x7fc0, norm?.begin);
    writeFileSync(path, bytes);
    const { failure } = await project.apply();
    expect(failure).toMatchInlineSnapshot(`
      {
        "hint": "The weights may be damaged (NaN inside), or a steering coefficient is far too large. In float16 (engine.dtype), numbers end at 65504.",
        "kind": "not-finite",
        "message": "The residual stream of base came out as NaN or infinity at the response to prompt 1, 2, 3.",
      }
    `);
  });
});

describe("residuals", () => {
  const responses = [
    [12, 30],
    [5, 0],
    [9, 7],
    [20, 17],
    [11, 8],
  ].map(([prompt = 0, response = 0], index) => ({
    id: index + 1,
    note: "",
    prompt: "",
    response: "",
    finish: "length" as const,
    prompt_ids: Array.from({ length: prompt }, (_, token) => 100 + token * 7 + index),
    response_ids: Array.from({ length: response }, (_, token) => 300 + token * 11 + index),
  }));
  const task = {
    id: "capture",
    kind: "capture",
    params: { variant: "instruct", raw: false },
    outputs: responses.map(({ id }) => `${FILES}/${id}.safetensors`),
  } as unknown as CaptureTask;

  interface Run {
    readonly folder: string;
    readonly outputs: readonly string[];
    readonly calls: number;
    /** Most numbers that one call of the model answered with. */
    readonly most: number;
  }

  /** Captures with a bound on the numbers of a call. `stopAfter`: interrupted once so many files are written, then resumed. */
  async function run(model: Model, numbersACall?: number, stopAfter = Infinity, raw = false): Promise<Run> {
    const folder = tempFolder();
    const steps = new Map<string, unknown>();
    let [calls, most, written] = [0, 0, 0];
    const counting: Model = {
      ...model,
      async capture(rows, onProgress) {
        calls++;
        const captured = await model.capture(rows, onProgress);
        const numbers = captured.reduce((sum, { means }) => sum + means.length, 0);
        most = Math.max(most, numbers);
        return captured;
      },
    };
    const context = {
      model: () => Promise.resolve(counting),
      progress: () => undefined,
      notice: () => undefined,
      writeFile(path: string, content: Uint8Array) {
        if (written++ === stopAfter) throw new Interrupted();
        return writeOutput(folder, path, content);
      },
      async step<T>(name: string, make: () => Promise<T>): Promise<T> {
        if (!steps.has(name)) steps.set(name, JSON.parse(JSON.stringify(await make())));
        return steps.get(name) as T;
      },
    } as unknown as TaskContext;
    const outputs = task.outputs.map((path) => (raw ? path.replace("safetensors", "pt") : path));
    const asked = { ...task, params: { ...task.params, raw }, outputs };
    const capture = () => captureResiduals(asked, responses, context, numbersACall);
    if (stopAfter < Infinity) await expect(capture()).rejects.toBeInstanceOf(Interrupted);
    expect([...(await capture()).keys()]).toEqual(outputs);
    return { folder, outputs, calls, most };
  }

  const filesOf = ({ folder, outputs }: Run): string[] =>
    outputs.map((path) => readFileSync(join(folder, path), "hex"));

  it("are the same to the byte however few fit into a call, and never more than fit", async () => {
    const model = await openModel({ weightsDir: weightsDir("tiny-instruct"), provider: "cpu", maxBatchTokens: 2048 });
    const size = model.layers * model.hiddenSize;
    const together = await run(model);
    expect(together.calls).toBe(1);
    // 30 tokens alone; 7 + 17 would be padded to 2 · 17.
    const apart = await run(model, 33 * size);
    expect(apart.calls).toBeGreaterThan(2);
    const inStretches = await run(model, 4 * size);
    expect(inStretches.calls).toBeGreaterThan(12);
    for (const [one, tokens] of [
      [apart, 33],
      [inStretches, 4],
    ] as const) {
      expect(one.most).toBeLessThanOrEqual(tokens * size);
      expect(filesOf(one)).toEqual(filesOf(together));
    }
    const whole = await run(model, undefined, undefined, true);
    expect(filesOf(await run(model, 5 * size, undefined, true))).toEqual(filesOf(whole));
    // Stopped after the second file and resumed: what was written is not read again.
    const resumed = await run(model, 17 * size, 3);
    expect(filesOf(resumed)).toEqual(filesOf(together));
    expect(resumed.calls).toBeLessThan(2 * (await run(model, 17 * size)).calls);
    await model.close();
  });
});
