import { entryOf, type YamlEntry, type YamlNode } from "../parse/node.ts";
import type { Price } from "../../domain/price.ts";
import { DTYPES } from "../../domain/engine.ts";
import { declarations, field, items, number, text, texts } from "./fields.ts";
import { lowerFilter } from "./filter.ts";
import { lowerCheckpoints, lowerCombinations, lowerSimilarity, lowerWeightAnalysis } from "./phases.ts";
import type { Place } from "../../diagnostics/source-file.ts";
import type * as S from "./spec.ts";
import { lowerSteering } from "./steering.ts";

const PROVIDERS = ["auto", "cpu", "cuda", "webgpu"] as const;

/** From a validated document to a typed spec, with every default filled in. The defaults are those of the schema. */
export function lower(root: YamlNode): S.Spec {
  const engine = field(root, "engine");
  const provider = text(field(engine, "provider"));
  const dtype = text(field(engine, "dtype"));
  const devices = field(engine, "devices");
  const workers = number(field(engine, "workers"));
  return {
    place: root.place,
    name: text(field(root, "experiment")),
    variants: declarations(field(root, "variants"), lowerVariant),
    application: text(field(root, "application")),
    applicationWritten: field(root, "application") !== undefined,
    engine: {
      provider: PROVIDERS.find((known) => known === provider?.value) ?? "auto",
      maxBatchTokens: number(field(engine, "max_batch_tokens"))?.value ?? 16_384,
      dtype: DTYPES.find((known) => known === dtype?.value) ?? "auto",
      devices: lowerDevices(devices),
      workers: workers?.value ?? 1,
    },
    enginePlaces: {
      provider: provider?.place ?? root.place,
      dtype: dtype?.place ?? root.place,
      devices: devices?.place ?? root.place,
      workers: workers?.place ?? root.place,
    },
    judge: lowerJudge(field(root, "judge")),
    judgeWritten: field(root, "judge") !== undefined,
    traits: declarations(field(root, "traits"), lowerTrait),
    sources: declarations(field(root, "sources"), lowerSource),
    extraction: lowerExtraction(field(root, "extraction")),
    steering: lowerSteering(root),
    combinations: lowerCombinations(root),
    weightAnalysis: lowerWeightAnalysis(root),
    similarity: lowerSimilarity(root),
    checkpoints: lowerCheckpoints(root),
  };
}

function lowerDevices(node: YamlNode | undefined): readonly number[] | "auto" | undefined {
  if (node === undefined) return undefined;
  return text(node)?.value === "auto" ? "auto" : items(node).flatMap((item) => number(item)?.value ?? []);
}

function lowerVariant(node: YamlNode): S.VariantSpec | undefined {
  const model = text(field(node, "model"));
  return model && { model };
}

function lowerTrait(node: YamlNode): S.TraitSpec | undefined {
  if (node.kind !== "map") return undefined;
  return new Map(
    node.entries.flatMap(({ key, keyPlace: sourcePlace, node: value }) => {
      const ref = text(value);
      return ref === undefined ? [] : [[key, { sourcePlace, ref }] as const];
    }),
  );
}

function lowerSource(node: YamlNode, { place }: { readonly place: Place }): S.SourceSpec | undefined {
  const variant = text(field(node, "variant"));
  if (variant === undefined) return undefined;
  const generate = entryOf(node, "generate");
  const of = (key: string): S.Located<number> | undefined => number(field(generate?.node, key));
  const generatePlace = generate?.keyPlace ?? place;
  return {
    variant,
    generate: {
      place: generatePlace,
      maxNewTokens: of("max_new_tokens"),
      rollouts: of("rollouts") ?? { value: 1, place: generatePlace },
      temperature: of("temperature") ?? { value: 0, place: generatePlace },
      topP: of("top_p")?.value ?? 1,
      seed: of("seed")?.value ?? 0,
    },
  };
}

function lowerExtraction(node: YamlNode | undefined): S.ExtractionSpec | undefined {
  if (node?.kind !== "map") return undefined;
  const entry = entryOf(node, "matrix");
  const matrix = entry?.node;
  return {
    place: entry?.keyPlace ?? node.place,
    methods: texts(field(node, "methods")) ?? [],
    traits: texts(field(matrix, "trait")) ?? [],
    include: items(field(matrix, "include")).flatMap((row) => {
      const source = text(field(row, "source"));
      return source === undefined ? [] : { source, positions: texts(field(row, "position")) ?? [] };
    }),
    exclude: items(field(matrix, "exclude")).flatMap((row) => (row.kind === "map" ? lowerFilter(row) : [])),
    heldOut: number(field(node, "held_out"))?.value ?? 0.1,
    seed: number(field(node, "seed"))?.value ?? 0,
    vetting: lowerVetting(entryOf(node, "vetting")),
  };
}

function lowerVetting(entry: YamlEntry | undefined): S.VettingSpec | undefined {
  if (entry?.node.kind !== "map") return undefined;
  const of = (key: string, fallback: number): number => number(field(entry.node, key))?.value ?? fallback;
  return {
    place: entry.keyPlace,
    thresholds: {
      positive: of("positive", 50),
      negative: of("negative", 50),
      coherence: of("coherence", 50),
      minKept: of("min_kept", 10),
    },
  };
}

function lowerJudge(node: YamlNode | undefined): S.JudgeSpec | undefined {
  const provider = text(field(node, "provider"))?.value;
  if (provider === "local") {
    const variant = text(field(node, "variant"));
    return variant && { provider, variant };
  }
  const model = text(field(node, "model"))?.value;
  if (provider !== "openai" || model === undefined) return undefined;
  return {
    provider,
    model,
    baseUrl: (text(field(node, "base_url"))?.value ?? "https://api.openai.com/v1").replace(/\/+$/, ""),
    apiKeyEnv: text(field(node, "api_key_env"))?.value,
    maxConcurrency: number(field(node, "max_concurrency"))?.value ?? 8,
    samples: number(field(node, "samples"))?.value ?? 0,
    budget: lowerBudget(field(node, "budget")),
    price: lowerPrice(field(node, "price")),
  };
}

function lowerBudget(node: YamlNode | undefined): S.BudgetSpec {
  return { calls: number(field(node, "calls")), usd: number(field(node, "usd")) };
}

function lowerPrice(node: YamlNode | undefined): Price | undefined {
  const input = number(field(node, "input"))?.value;
  const output = number(field(node, "output"))?.value;
  return input === undefined || output === undefined ? undefined : { input, output };
}
