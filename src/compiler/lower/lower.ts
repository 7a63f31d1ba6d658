import { entryOf, type YamlEntry, type YamlNode } from "../parse/node.ts";
import { DTYPES } from "../../domain/engine.ts";
import { declarations, field, items, number, text, texts } from "./fields.ts";
import type { Place } from "../../diagnostics/source-file.ts";
import type * as S from "./spec.ts";

const PROVIDERS = ["auto", "cpu", "cuda", "webgpu"] as const;

/** From a validated document to a typed spec, with every default filled in. The defaults are those of the schema. */
export function lower(root: YamlNode): S.Spec {
  const engine = field(root, "engine");
  const provider = text(field(engine, "provider"))?.value;
  const dtype = text(field(engine, "dtype"))?.value;
  return {
    place: root.place,
    name: text(field(root, "experiment")),
    variants: declarations(field(root, "variants"), lowerVariant),
    application: text(field(root, "application")),
    applicationWritten: field(root, "application") !== undefined,
    engine: {
      provider: PROVIDERS.find((known) => known === provider) ?? "auto",
      maxBatchTokens: number(field(engine, "max_batch_tokens"))?.value ?? 16_384,
      dtype: DTYPES.find((known) => known === dtype) ?? "auto",
    },
    judge: lowerJudge(field(root, "judge")),
    judgeWritten: field(root, "judge") !== undefined,
    traits: declarations(field(root, "traits"), lowerTrait),
    sources: declarations(field(root, "sources"), lowerSource),
    extraction: lowerExtraction(field(root, "extraction")),
    steering: lowerSteering(root),
  };
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
  const matrix = field(node, "matrix");
  return {
    methods: texts(field(node, "methods")) ?? [],
    traits: texts(field(matrix, "trait")) ?? [],
    include: items(field(matrix, "include")).flatMap((row) => {
      const source = text(field(row, "source"));
      return source === undefined ? [] : { source, positions: texts(field(row, "position")) ?? [] };
    }),
    exclude: items(field(matrix, "exclude")).flatMap((row) => (row.kind === "map" ? lowerFilter(row) : [])),
  };
}

function lowerFilter(row: YamlNode): S.FilterSpec {
  const of = (key: string): S.Located<string>[] | undefined => texts(field(row, key));
  return {
    place: row.place,
    trait: of("trait"),
    source: of("source"),
    position: of("position"),
    method: of("method"),
  };
}

function lowerSteering(root: YamlNode): S.SteeringSpec | undefined {
  const entry = entryOf(root, "steering");
  if (entry?.node.kind !== "map") return undefined;
  const { node, keyPlace: place } = entry;
  const vectors = field(node, "vectors");
  const search = field(node, "search");
  const of = (key: string, fallback: number): number => number(field(search, key))?.value ?? fallback;
  return {
    place,
    vectors: vectors?.kind === "map" ? lowerFilter(vectors) : "all",
    layers: lowerLayers(field(node, "layers")),
    questions: number(field(node, "questions"))?.value ?? "all",
    maxNewTokens: number(field(node, "max_new_tokens"))?.value,
    refine: lowerRefine(entryOf(node, "refine")),
    report: lowerReport(entryOf(node, "report"), place),
    search: {
      algorithm: "adaptive",
      evaluations: of("evaluations", 5),
      start: of("start", 0.7),
      up: of("up", 1.3),
      down: of("down", 0.85),
      momentum: of("momentum", 0.1),
      minCoherence: of("min_coherence", 70),
    },
    nullDirections: number(field(node, "null_directions"))?.value ?? 0,
    nullSeed: number(field(node, "null_seed"))?.value ?? 0,
  };
}

function lowerRefine(entry: YamlEntry | undefined): S.RefineSpec | undefined {
  if (entry?.node.kind !== "map") return undefined;
  const { node, keyPlace: place } = entry;
  const layers = lowerLayers(field(node, "layers"));
  return {
    place,
    layers: layers?.value === "best" ? undefined : layers,
    points: number(field(node, "points"))?.value ?? 7,
  };
}

function lowerReport(entry: YamlEntry | undefined, steering: Place): S.ReportSpec {
  const node = entry?.node;
  return {
    heldOut: number(field(node, "held_out")) ?? { value: 0, place: entry?.keyPlace ?? steering },
    confidence: number(field(node, "confidence"))?.value ?? 0.95,
    coherence: items(field(node, "coherence")).flatMap((item) => number(item)?.value ?? []),
  };
}

function lowerLayers(node: YamlNode | undefined): S.SteeringSpec["layers"] {
  if (node?.kind !== "list") return text(node) ?? number(node);
  return { value: node.items.flatMap((item) => number(item)?.value ?? []), place: node.place };
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
  };
}
