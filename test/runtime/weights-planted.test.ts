import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeSafetensors, parseSafetensorsHeader } from "../../src/domain/safetensors.ts";
import { encodeSafetensors } from "../../src/domain/safetensors-encode.ts";
import { randomDirection } from "../../src/methods/random.ts";
import { createSharedProject, REPOSITORY, SPEC } from "../rig/project.ts";

/** Weights whose change is known, seen through the files that users read. */

const LAYERS = Array.from({ length: 8 }, (_, layer) => layer);
const FOLDER = "experiments/small";

/** Two vector sets of the base model: along those of mean_diff `planted` is changed, the others are random directions. */
const analysis = (to: string): string => `${SPEC.slice(0, SPEC.indexOf("steering:"))}
weight_analysis:
  compare: [base, ${to}]
`;
const project = createSharedProject(
  analysis("planted")
    .replace("  judge: {", "  planted: { model: planted }\n  twin: { model: twin }\n  judge: {")
    .replace("[mean_diff, probe]", "[mean_diff, random]")
    .replace(/ +- .*response\[:\]" }\n/, ""),
);

interface Documents {
  readonly norms: {
    readonly layers: Readonly<Record<string, unknown>>;
    readonly outside_layers: unknown;
  };
  readonly trait_alignment: {
    readonly changes: Readonly<Record<Writer | "delta_residual", { readonly norm: readonly number[] }>>;
    readonly vectors: readonly ({ readonly method: string; readonly cosine: Measure } & Readonly<
      Record<Writer, Readonly<Record<"response" | "subspace" | "singular", Measure>>>
    >)[];
  };
}
type Writer = "o_proj" | "down_proj";
/** By layer. */
type Measure = Readonly<Record<"value" | "percentile", readonly (number | readonly number[] | null)[]>>;

function read<Step extends keyof Documents>(step: Step): Documents[Step] {
  return JSON.parse(project.read(`${FOLDER}/weight_analysis/${step}.json`)) as Documents[Step];
}

beforeAll(async () => {
  for (const name of ["planted", "twin"]) {
    project.write(`config/models/${name}.yaml`, `weights: ${name}\nprompt: raw\nlayers: 8\nhidden_size: 128\n`);
    cpSync(join(REPOSITORY, "models/tiny/base"), project.path(name), { recursive: true });
  }
  await project.apply("--target", "vectors/*");
  const folder = `${FOLDER}/extraction/tiny_natural/sycophancy/base/vectors/response__5/residual/mean_diff`;
  plant(project.path("planted/model.safetensors"), project.readBytes(`${folder}/vectors.safetensors`));
});

/** Adds to every layer's output matrices a term of rank one along its vector, of norm 2, and noise of norm 1; all in fp32. */
function plant(path: string, vectorFile: Uint8Array): void {
  const bytes = readFileSync(path);
  const vectors = decodeSafetensors(vectorFile, "vectors");
  const tensors = [...parseSafetensorsHeader(bytes).entries.keys()].map((name) => {
    const { shape, data } = decodeSafetensors(bytes, name);
    const [rows = 0, columns = 0] = shape;
    const layer = Number(/layers\.(\d+)\..*(?:o_proj|down_proj)/.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(layer)) return [name, { shape, data }] as const;
    const noise = randomDirection(`noise of ${name}`, data.length);
    for (let at = 0; at < data.length; at++) {
      const along = vectors.data[layer * rows + Math.floor(at / columns)]! / Math.sqrt(columns);
      data[at]! += 2 * along + noise[at]!;
    }
    return [name, { shape, data }] as const;
  });
  writeFileSync(path, encodeSafetensors(Object.fromEntries(tensors)));
}

describe("a change of rank one along each layer's vector, twice as large as the noise beside it", () => {
  beforeAll(async () => {
    await project.apply("--target", "weights/*");
  });

  it("is found at that vector", () => {
    const { vectors } = read("trait_alignment");
    const planted = vectors.find(({ method }) => method === "mean_diff")!;
    for (const writer of ["o_proj", "down_proj"] as const) {
      const { response, subspace, singular } = planted[writer];
      for (const value of response.value as number[]) expect(Math.abs(value - 2 / Math.sqrt(5))).toBeLessThan(0.02);
      for (const percentile of [...response.percentile, ...subspace.percentile]) expect(percentile).toBe(100);
      for (const layer of LAYERS) {
        const [first, second] = singular.value[layer] as number[];
        expect(first).toBeGreaterThan(0.98);
        expect(second).toBeLessThan(0.2);
        expect((singular.percentile[layer] as number[])[0]).toBe(100);
      }
    }
    for (const cosine of planted.cosine.value) expect(cosine).toBeGreaterThan(0.98);
    expect(new Set(planted.cosine.percentile)).toEqual(new Set([100]));
  });

  it("is found at no direction that is random", () => {
    const { vectors } = read("trait_alignment");
    const random = vectors.find(({ method }) => method.startsWith("random"))!;
    const { cosine, o_proj: o, down_proj: down } = random;
    const percentiles = [cosine, o.response, o.subspace, down.response, down.subspace].map((one) => one.percentile);
    for (const percentile of percentiles.flat() as number[]) {
      expect(percentile).toBeGreaterThan(1);
      expect(percentile).toBeLessThan(99);
    }
  });
});

describe("a model beside its own copy", () => {
  beforeAll(async () => {
    project.editSpec("compare: [base, planted]", "compare: [base, twin]");
    await project.apply("--target", "weights/*");
  });

  it("has norms of 0, and no alignment", () => {
    const { layers, outside_layers: outside } = read("norms");
    const { layer, sum_of_changes: sums, ...components } = layers;
    expect([layer, sums]).toEqual([LAYERS, LAYERS.map(() => 0)]);
    const unchanged = { change: 0, relative: 0, cosine: 1 };
    const byLayer = Object.entries(unchanged).map(([field, value]) => [field, LAYERS.map(() => value)] as const);
    for (const component of Object.values(components)) expect(component).toEqual(Object.fromEntries(byLayer));
    expect(outside).toEqual({ embed_tokens: unchanged, norm: unchanged });
    const { changes, vectors } = read("trait_alignment");
    const none = LAYERS.map(() => null);
    for (const { norm } of Object.values(changes)) expect(norm).toEqual(LAYERS.map(() => 0));
    for (const { cosine, o_proj: o, down_proj: down } of vectors) {
      for (const measure of [cosine, o.response, down.singular]) {
        expect(measure).toEqual({ value: none, percentile: none });
      }
    }
  });
});
