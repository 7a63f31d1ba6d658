import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, test } from "vitest";
import { decodeSafetensors, parseSafetensorsHeader } from "../../src/domain/safetensors.ts";
import { readWeightsGolden } from "../engine/weights-golden.ts";
import { relativeError } from "../engine/models.ts";
import { createProject, createSharedProject, REPOSITORY, SPEC, type Project } from "../rig/project.ts";
import { eventsOf, Running } from "../rig/steerform.ts";

const ANALYSIS = `
weight_analysis:
  compare: [base, instruct]
  logit_lens: { top_k: 6 }
  null_directions: 30
`;
/** The rig's four vector sets and what the weights say of them; nothing is steered. */
const WEIGHTS_ONLY = `${SPEC.slice(0, SPEC.indexOf("steering:"))}${ANALYSIS}`;
const FOLDER = "experiments/small/weight_analysis";
const LAYERS = Array.from({ length: 8 }, (_, layer) => layer);

interface Documents {
  readonly norms: {
    readonly layers: Readonly<Record<string, Readonly<Record<"change" | "relative" | "cosine", readonly number[]>>>> & {
      readonly sum_of_changes: readonly number[];
    };
    readonly outside_layers: object;
  };
  readonly logit_lens: {
    readonly layers: readonly {
      readonly delta_residual: Sides;
      readonly vectors: readonly (Sides & { readonly vectors: string })[];
    }[];
  };
  readonly trait_alignment: {
    readonly null_directions: number;
    readonly changes: Readonly<
      Record<Writer, { readonly norm: readonly number[]; readonly singular_values: readonly (readonly number[])[] }>
    >;
    readonly null: Measures<"low" | "mean" | "high">;
    readonly vectors: readonly (Measures<"value" | "percentile"> & { readonly vectors: string })[];
  };
}
type Writer = "o_proj" | "down_proj";
type Sides = Readonly<Record<"toward" | "away", readonly { readonly id: number; text: string; value: number }[]>>;
/** Each column is by layer. */
type Columns<Field extends string> = Readonly<Record<Field, readonly (number | readonly number[])[]>>;
type Measures<Field extends string> = { readonly cosine: Columns<Field> } & Readonly<
  Record<Writer, Readonly<Record<"response" | "subspace" | "singular", Columns<Field>>>>
>;

function read<Step extends keyof Documents>(project: Project, step: Step): Documents[Step] {
  return JSON.parse(project.read(`${FOLDER}/${step}.json`)) as Documents[Step];
}

function columnsOf<Field extends string>({ cosine, o_proj: o, down_proj: down }: Measures<Field>): Columns<Field>[] {
  return [cosine, o.response, o.subspace, o.singular, down.response, down.subspace, down.singular];
}

describe("apply of a spec with weight_analysis", () => {
  const project = createSharedProject(WEIGHTS_ONLY);
  const golden = readWeightsGolden();
  let plain = "";

  beforeAll(async () => {
    plain = (await project.apply()).stdout;
  });

  it("runs every step, and a second apply runs nothing", async () => {
    for (const step of ["norms", "logit_lens", "trait_alignment"]) expect(plain).toContain(`weights/${step}`);
    expect(plain).toContain("Apply complete: 11 tasks done");
    expect(await project.todo()).toEqual([]);
  });

  it("says in every document what was compared and what the numbers are", () => {
    for (const step of ["norms", "logit_lens", "trait_alignment"]) {
      const document = JSON.parse(project.read(`${FOLDER}/${step}.json`)) as Readonly<Record<string, object>>;
      expect(document).toMatchObject({
        format_version: 1,
        step,
        from: { variant: "base", model: "tiny-base" },
        to: { variant: "instruct", model: "tiny-instruct" },
      });
      expect(Object.keys(document["definitions"] ?? {}).length).toBeGreaterThan(3);
    }
  });

  it("writes norms by layer, and their sum", () => {
    const { layers, outside_layers: outside } = read(project, "norms");
    const parts = { q_proj: "self_attn.q_proj", down_proj: "mlp.down_proj", input_layernorm: "input_layernorm" };
    for (const [component, name] of Object.entries(parts)) {
      for (const field of ["change", "relative", "cosine"] as const) {
        const expected = LAYERS.map((layer) => golden.norms[`model.layers.${layer}.${name}.weight`]![field]);
        expect(relativeError(layers[component]![field], expected)).toBeLessThan(1e-8);
      }
    }
    expect(Object.keys(outside)).toEqual(["embed_tokens", "norm"]);
    const sums = LAYERS.map((layer) =>
      Object.entries(golden.norms)
        .filter(([name]) => name.startsWith(`model.layers.${layer}.`) && name.endsWith("_proj.weight"))
        .reduce((sum, [, { change }]) => sum + change, 0),
    );
    expect(relativeError(layers.sum_of_changes, sums)).toBeLessThan(1e-8);
  });

  it("writes the tokens of every layer's change and of every vector", () => {
    const { layers } = read(project, "logit_lens");
    expect(layers).toHaveLength(8);
    for (const [layer, { delta_residual: change, vectors }] of layers.entries()) {
      const [expected] = golden.layers[layer]!.lens;
      for (const side of ["toward", "away"] as const) {
        expect(change[side].map(({ id }) => id)).toEqual(expected![side].ids);
        const values = change[side].map(({ value }) => value);
        expect(relativeError(values, expected![side].values)).toBeLessThan(1e-4);
        expect(change[side].every(({ text }) => text !== "")).toBe(true);
      }
      expect(vectors.map((set) => set.vectors)).toEqual(VECTOR_SETS);
      expect(vectors.flatMap(({ toward, away }) => [toward.length, away.length])).toEqual(
        vectors.flatMap(() => [6, 6]),
      );
    }
  });

  it("writes how the vectors lie to the changes, beside the null", () => {
    const { changes, null: chance, vectors, null_directions: count } = read(project, "trait_alignment");
    expect(count).toBe(30);
    for (const writer of ["o_proj", "down_proj"] as const) {
      const norms = golden.layers.map((layer) => layer[writer].norm);
      expect(relativeError(changes[writer].norm, norms)).toBeLessThan(1e-8);
      const values = golden.layers.flatMap((layer) => layer[writer].singular_values);
      expect(relativeError(changes[writer].singular_values.flat(), values)).toBeLessThan(1e-5);
    }
    for (const { low, mean, high } of columnsOf(chance)) {
      expect(mean).toHaveLength(8);
      const [lows, highs] = [low.flat(), high.flat()];
      for (const [index, value] of mean.flat().entries()) {
        expect(lows[index]).toBeLessThan(value);
        expect(highs[index]).toBeGreaterThan(value);
      }
    }
    expect(vectors.map((set) => set.vectors)).toEqual(VECTOR_SETS);
    for (const { value, percentile } of vectors.flatMap((set) => columnsOf(set))) {
      expect([value.length, percentile.length]).toEqual([8, 8]);
      expect(percentile.flat().length).toBe(value.flat().length);
      expect(percentile.flat().every((share) => share >= 0 && share <= 100)).toBe(true);
    }
  });

  it("measures each layer's own vector", () => {
    const { vectors } = read(project, "trait_alignment");
    const path = "experiments/small/extraction/tiny_natural/sycophancy/base/vectors/response__5/residual/probe";
    const { data } = decodeSafetensors(project.readBytes(`${path}/vectors.safetensors`), "vectors");
    const [before, after] = ["base", "instruct"].map((name) =>
      readFileSync(join(REPOSITORY, "models/tiny", name, "model.safetensors")),
    );
    const expected = LAYERS.map((layer) => {
      const name = `model.layers.${layer}.mlp.down_proj.weight`;
      const [x, y] = [decodeSafetensors(before!, name), decodeSafetensors(after!, name)];
      const [rows, columns] = x.shape as [number, number];
      const response = new Float64Array(columns);
      let all = 0;
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const change = y.data[row * columns + column]! - x.data[row * columns + column]!;
          response[column]! += data[layer * rows + row]! * change;
          all += change ** 2;
        }
      }
      return Math.sqrt(response.reduce((sum, value) => sum + value ** 2, 0) / all);
    });
    expect(relativeError(vectors[3]!.down_proj.response.value.flat(), expected)).toBeLessThan(1e-5);
  });

  it("makes the same bytes again", async () => {
    const before = project.artifacts();
    project.remove(FOLDER);
    await project.apply();
    expect(project.artifacts()).toEqual(before);
  });
});

const VECTOR_SETS = [
  "tiny_instruction/sycophancy/instruct/response_all",
  "tiny_natural/sycophancy/base/response__5",
].flatMap((set) => ["mean_diff", "probe"].map((method) => `vectors/${set}/${method}`));

const ALIGNMENT = "weights/trait_alignment";

test("an apply that is interrupted in the alignment stops at once, and goes on with the next layer", async () => {
  const oneSet = WEIGHTS_ONLY.replace("[mean_diff, probe]", "[mean_diff]").replace(/ +- .*response\[:\]" }\n/, "");
  const whole = createProject(oneSet);
  await whole.apply("--target", ALIGNMENT);
  const project = createProject(oneSet);
  const target = ["apply", "--yes", "--json", "--target", ALIGNMENT];
  const running = new Running(target, project.dir);
  await running.until(({ type, id }) => type === "task-progress" && id === ALIGNMENT);
  const interruptedAt = performance.now();
  running.kill("SIGINT");
  const stopped = await running.end();
  expect(performance.now() - interruptedAt).toBeLessThan(3000);
  expect([stopped.exitCode, stopped.stderr]).toEqual([3, ""]);
  const done = eventsOf(stopped.stdout).filter(({ type, id }) => type === "task-progress" && id === ALIGNMENT);
  expect(done.length).toBeLessThan(16);
  expect(project.records().some((path) => path.startsWith("checkpoints/"))).toBe(true);

  const { exitCode } = await project.run(...target);
  expect(exitCode).toBe(0);
  expect(project.artifacts()).toEqual(whole.artifacts());
});

test("damaged weights fail the task, and the message names the tensor", async () => {
  const project = createProject(
    WEIGHTS_ONLY.replace("compare: [base, instruct]", "compare: [base, tuned]\n  steps: [norms]"),
  );
  project.editSpec("  instruct: {", "  tuned: { model: tuned }\n  instruct: {");
  project.write("config/models/tuned.yaml", "weights: tuned\nprompt: chat\nlayers: 8\nhidden_size: 128\n");
  cpSync(join(REPOSITORY, "models/tiny/instruct"), project.path("tuned"), { recursive: true });
  const path = project.path("tuned/model.safetensors");
  const bytes = readFileSync(path);
  const { entries } = parseSafetensorsHeader(bytes);
  // A NaN.
  bytes.writeUInt16LE(0x7fc0, entries.get("model.layers.2.self_attn.k_proj.weight")!.begin + 64);
  writeFileSync(path, bytes);
  const { exitCode, text } = await project.run("apply", "--yes", "--target", "weights/norms");
  expect(exitCode).toBe(1);
  expect(text).toContain(`✗ weights/norms
  ${path}: tensor "model.layers.2.self_attn.k_proj.weight" holds NaN or infinity.
  hint: The weights are damaged, or their training diverged: download them again, or compare another variant.`);
  expect(text).toContain("Apply failed: 0 tasks done, 1 failed");
});
