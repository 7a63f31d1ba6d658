import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { decodeSafetensors, parseSafetensorsHeader } from "../../src/domain/safetensors.ts";
import { parseGgufHeader } from "../../src/engine/gguf/format.ts";
import { denseTensor } from "../../src/runtime/torch/tensor.ts";
import { torchFile } from "../../src/runtime/torch/write.ts";
import { copyProject, createProject, createSharedProject, type Project } from "../rig/project.ts";
import { hasTorch, NEEDS_TORCH, PYTHON } from "../rig/python.ts";
import { tempFolder } from "../rig/temp-folder.ts";

const made = createSharedProject();
beforeAll(async () => {
  await made.apply();
});

const SET = "extraction/tiny_natural/sycophancy/base/vectors/response__5/residual/probe";
const LAYERS = 8;
const HIDDEN = 128;

/** [layer, hidden] */
function vectorsOf(project: Project): Float32Array {
  return decodeSafetensors(project.readBytes(`experiments/small/${SET}/vectors.safetensors`), "vectors").data;
}

async function exported(project: Project, format: string, ...more: readonly string[]): Promise<string> {
  const folder = tempFolder();
  const { exitCode, text } = await project.run("export", "--format", format, "--to", folder, ...more);
  expect([exitCode, text]).toEqual([0, text]);
  return folder;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

describe("export", () => {
  test("as pt has a vector a layer, and everything else as it was made", async () => {
    const folder = await exported(made, "pt");
    const layers = Array.from({ length: LAYERS }, (_, layer) => `${SET}/layer${layer}.pt`);
    expect(filesOf(folder)).toEqual(
      expect.arrayContaining([...layers, `${SET}/metadata.json`, "reports/results.json"]),
    );
    const same = filesOf(folder).filter((path) => !path.endsWith(".pt") && path !== "steerform-export.json");
    for (const path of same) {
      expect(readFileSync(join(folder, path)).equals(made.readBytes(`experiments/small/${path}`))).toBe(true);
    }
    expect(filesOf(folder).some((path) => path.endsWith(".safetensors"))).toBe(false);
  });

  test.skipIf(!hasTorch)(`as pt is what torch loads ${NEEDS_TORCH}`, async () => {
    const folder = await exported(made, "pt");
    const activations = SET.replace("vectors", "activations").replace("/probe", "/train_all_layers.pt");
    const files = [`${SET}/layer0.pt`, `${SET}/layer7.pt`, activations].map((path) => join(folder, path));
    const script = join(import.meta.dirname, "..", "rig", "torch_load.py");
    const printed = execFileSync(PYTHON, [script, ...files], { maxBuffer: 1 << 28 }).toString();
    const [first, last, samples] = JSON.parse(printed) as [string, number[], number[]][];
    const vectors = vectorsOf(made);
    expect(first).toEqual(["float32", [HIDDEN], [...vectors.subarray(0, HIDDEN)]]);
    expect(last).toEqual(["float32", [HIDDEN], [...vectors.subarray(7 * HIDDEN)]]);
    expect(samples?.slice(0, 2)).toEqual(["float32", [12, LAYERS, HIDDEN]]);
  });

  test("as safetensors is a file a set that says what it is", async () => {
    const folder = await exported(made, "safetensors");
    expect(filesOf(folder)).toHaveLength(4);
    const bytes = readFileSync(join(folder, `${SET}.safetensors`));
    const layer = decodeSafetensors(bytes, "layer.3");
    expect([layer.shape, layer.data]).toEqual([[HIDDEN], vectorsOf(made).slice(3 * HIDDEN, 4 * HIDDEN)]);
    expect(parseSafetensorsHeader(bytes).metadata).toEqual({
      experiment: "small",
      dataset: "tiny_natural/sycophancy",
      model: "tiny-base",
      position: "response[:5]",
      component: "residual",
      method: "probe",
      layers: "8",
      hidden_size: "128",
    });
  });

  test("as gguf is a control vector of every layer but the first", async () => {
    const folder = await exported(made, "gguf", "--target", "vectors/*/probe");
    expect(filesOf(folder)).toEqual(expect.arrayContaining([`${SET}.gguf`]));
    expect(filesOf(folder)).toHaveLength(2);
    const bytes = readFileSync(join(folder, `${SET}.gguf`));
    const header = parseGgufHeader(bytes, bytes.length);
    expect(header?.metadata.get("general.architecture")).toBe("controlvector");
    expect(header?.metadata.get("steerform.position")).toBe("response[:5]");
    expect([...(header?.tensors.keys() ?? [])]).toEqual(
      Array.from({ length: LAYERS - 1 }, (_, index) => `direction.${index + 1}`),
    );
    const last = new Float32Array(bytes.buffer.slice(bytes.byteOffset + bytes.length - 4 * HIDDEN));
    expect(last).toEqual(vectorsOf(made).slice(7 * HIDDEN));
  });

  test("as csv and as jsonl has the same flat tables", async () => {
    const csv = await exported(made, "csv");
    const jsonl = await exported(made, "jsonl");
    expect([filesOf(csv), filesOf(jsonl)]).toEqual([
      ["evaluations.csv", "results.csv"],
      ["evaluations.jsonl", "results.jsonl"],
    ]);
    for (const name of ["evaluations", "results"]) {
      const [titles = "", ...lines] = readFileSync(join(csv, `${name}.csv`), "utf8")
        .trimEnd()
        .split("\r\n");
      const rows = readFileSync(join(jsonl, `${name}.jsonl`), "utf8")
        .trimEnd()
        .split("\n");
      expect(lines).toHaveLength(rows.length);
      for (const [index, row] of rows.entries()) {
        const values = JSON.parse(row) as Record<string, string | number | null>;
        expect(Object.keys(values)).toEqual(titles.split(","));
        expect(Object.values(values).map((value) => String(value ?? ""))).toEqual(lines[index]?.split(","));
      }
    }
    const evaluations = readFileSync(join(csv, "evaluations.csv"), "utf8").split("\r\n");
    expect(evaluations[0]).toBe(
      "dataset,trait,variant,position,vector_method,found_by,method,layer,coefficient,trait_mean,coherence_mean,n,missing_trait,missing_coherence",
    );
    expect(evaluations[1]).toMatch(
      /^tiny_instruction\/sycophancy,sycophancy,instruct,response\[:\],mean_diff,steering,mean_diff,3,[\d.]+,[\d.]+,[\d.]+,4,0,0$/,
    );
  });

  test("goes to the experiment's folder, and says so", async () => {
    const project = copyProject(made);
    const { stdout } = await project.run("export", "--format", "csv");
    expect(stdout).toMatch(/^2 files, [\d.]+ KB, in experiments\/small\/exports\/csv$/);
    expect(project.read("experiments/small/exports/csv/results.csv")).toContain("tiny_natural/sycophancy");
  });

  test("of nothing, or to an unknown format, is refused", async () => {
    const project = createProject();
    const nothing = await project.run("export", "--format", "gguf");
    expect([nothing.exitCode, nothing.text]).toEqual([
      1,
      "error: small has nothing to export as gguf yet.\nhint: steerform apply makes it.",
    ]);
    const unknown = await project.run("export", "--format", "npz");
    expect(unknown.exitCode).toBe(64);
    expect(unknown.text).toContain("--format takes one of: pt, safetensors, gguf, csv, jsonl.");
  });
});

describe("import", () => {
  test("of an export leaves nothing to do, and the same bytes", async () => {
    const folder = await exported(made, "pt");
    const project = createProject();
    const { exitCode, text } = await project.run("import", folder);
    expect([exitCode, text]).toEqual([0, expect.stringMatching(/^17 tasks imported from .*\.$/)]);
    expect(await project.todo()).toEqual([]);
    expect(project.artifacts()).toEqual(made.artifacts());
    expect((await project.run("verify")).exitCode).toBe(0);
    expect((await project.run("show", "results")).stdout).toBe((await made.run("show", "results")).stdout);
    const shown = await project.run("show", "vectors/tiny_natural/*/probe");
    expect(shown.stdout).toContain(folder);
    const again = await project.run("import", folder);
    expect([again.exitCode, again.text]).toEqual([0, "Everything is up to date: nothing to import."]);
  });

  test("takes what the spec would make the same, and says what it would not", async () => {
    const folder = await exported(made, "pt");
    const project = createProject();
    project.editSpec("seed: 42", "seed: 43");
    const { exitCode, stderr, stdout } = await project.run("import", folder);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      "not imported: responses/tiny_instruction/sycophancy/instruct: was made from other parameters, data or weights",
    );
    expect(stdout).toMatch(/^10 tasks imported from .*, 7 not taken\.$/);
    expect(await project.todo()).toHaveLength(7);
    await project.apply();
  });

  test("takes vectors of the study's layout at one's word alone", async () => {
    const from = tempFolder();
    const folder = join(from, SET);
    mkdirSync(folder, { recursive: true });
    const vectors = vectorsOf(made);
    for (let layer = 0; layer < LAYERS; layer++) {
      const vector = Buffer.from(vectors.slice(layer * HIDDEN, (layer + 1) * HIDDEN).buffer);
      writeFileSync(
        join(folder, `layer${layer}.pt`),
        Buffer.concat([...torchFile(denseTensor("F32", [HIDDEN], vector))]),
      );
    }
    writeFileSync(join(folder, "metadata.json"), JSON.stringify({ layers: { 3: { norm: 2.5, baseline: 0.25 } } }));
    const project = createProject();
    const refused = await project.run("import", from);
    expect([refused.exitCode, refused.text]).toEqual([
      1,
      `error: ${from} does not say what its artifacts were made from.\n` +
        "hint: With --adopt its vectors are taken as those that the spec describes.",
    ]);
    const { stdout } = await project.run("import", from, "--adopt");
    expect(stdout).toMatch(/^1 task imported from .*, 16 not in the folder\.$/);
    expect(vectorsOf(project)).toEqual(vectors);
    const metadata = JSON.parse(project.read(`experiments/small/${SET}/metadata.json`)) as {
      readonly layers: readonly Record<string, unknown>[];
    };
    expect([metadata.layers[2]?.["norm"], metadata.layers[3]?.["norm"], metadata.layers[3]?.["baseline"]]).toEqual([
      null,
      2.5,
      0.25,
    ]);
    expect((await project.run("show", "vectors")).stdout).toContain("– + –");
    await project.apply();
    expect((await project.actions())["steering/tiny_natural/sycophancy/base/response__5/probe"]).toBe("keep");
  });

  test.each([
    [
      "another norm",
      (bytes: Float32Array) => bytes.map((value) => 2 * value),
      "has the norm 2.000; vectors have norm 1",
    ],
    ["a number that is none", (bytes: Float32Array) => bytes.fill(Number.NaN, 0, 1), "has the norm NaN"],
    [
      "another width",
      (bytes: Float32Array) => bytes.slice(1),
      "has the shape [127], and the model 128 numbers a layer",
    ],
  ])("refuses a vector of %s, and takes the others", async (_, spoil, why) => {
    const from = await exported(made, "pt");
    rmSync(join(from, "steerform-export.json"));
    const vector = spoil(vectorsOf(made).slice(0, HIDDEN));
    const value = denseTensor("F32", [vector.length], Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength));
    writeFileSync(join(from, SET, "layer0.pt"), Buffer.concat([...torchFile(value)]));
    const { exitCode, stderr, stdout } = await createProject().run("import", from, "--adopt");
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      `not imported: vectors/tiny_natural/sycophancy/base/response__5/probe: ${SET}/layer0.pt ${why}`,
    );
    expect(stdout).toMatch(/^3 tasks imported .*, 1 not taken, 13 not in the folder\.$/);
  });

  test("refuses a pickle that would run something, a file that is cut, and a layer that is missing", async () => {
    const from = await exported(made, "pt");
    rmSync(join(from, "steerform-export.json"));
    const why = async (): Promise<string> => (await createProject().run("import", from, "--adopt")).stderr;
    writeFileSync(
      join(from, SET, "layer2.pt"),
      Buffer.from("\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.", "latin1"),
    );
    expect(await why()).toContain("is in torch's format before 1.6, or a pickle");
    cpSync(join(from, SET, "layer1.pt"), join(from, SET, "layer2.pt"));
    writeFileSync(join(from, SET, "layer2.pt"), readFileSync(join(from, SET, "layer1.pt")).subarray(0, 500));
    expect(await why()).toContain("not imported: vectors/tiny_natural/sycophancy/base/response__5/probe: ");
    rmSync(join(from, SET, "layer2.pt"));
    expect(await why()).toContain(`there is no ${SET}/layer2.pt: the model has 8 layers`);
  });

  test("of what is no folder, or of a damaged manifest, is refused", async () => {
    const project = createProject();
    const folder = tempFolder();
    const none = await project.run("import", join(folder, "none"));
    expect(none.text).toBe(`error: There is no folder ${folder}/none.\nhint: Name the folder of an experiment.`);
    writeFileSync(join(folder, "steerform-export.json"), '{"format_version":1,"tasks":{"a":1}}');
    const damaged = await project.run("import", folder);
    expect([damaged.exitCode, damaged.text]).toEqual([
      1,
      `error: ${folder}/steerform-export.json cannot be read.\n` +
        "hint: It was written by a newer steerform, or changed since: export again.",
    ]);
    expect((await project.run("import")).exitCode).toBe(64);
  });
});
