import type { Place } from "../../diagnostics/source-file.ts";
import { WEIGHTS_STEPS } from "../../domain/task-params.ts";
import { COMBINERS } from "../../methods/combiners.ts";
import { entryOf, type YamlNode } from "../parse/node.ts";
import { field, items, number, text, texts } from "./fields.ts";
import type * as S from "./spec.ts";

export function lowerCombinations(root: YamlNode): S.CombinationsSpec | undefined {
  const section = sectionOf(root, "combinations");
  if (section === undefined) return undefined;
  const { node, place } = section;
  return {
    place,
    sources: texts(field(node, "sources")) ?? [],
    strategies: items(field(node, "strategies")).flatMap((item) => lowerStrategy(item) ?? []),
  };
}

function lowerStrategy(node: YamlNode): S.StrategySpec | undefined {
  const name = text(field(node, "name"));
  const vectors = text(field(node, "vectors"))?.value;
  const layer = textOrNumber(field(node, "layer"));
  if (name === undefined || layer === undefined || vectors === undefined || !Object.hasOwn(COMBINERS, vectors))
    return undefined;
  const coefficient = textOrNumber(field(node, "coefficient")) ?? { value: "search", place: name.place };
  return { name, vectors, layer, coefficient };
}

export function lowerWeightAnalysis(root: YamlNode): S.WeightAnalysisSpec | undefined {
  const section = sectionOf(root, "weight_analysis");
  if (section === undefined) return undefined;
  const { node, place } = section;
  const steps = texts(field(node, "steps"))?.map(({ value }) => value);
  return {
    place,
    compare: texts(field(node, "compare")) ?? [],
    steps: WEIGHTS_STEPS.filter((step) => steps?.includes(step) ?? true),
    topK: number(field(field(node, "logit_lens"), "top_k"))?.value ?? 20,
    nullDirections: number(field(node, "null_directions")) ?? { value: 200, place },
    nullSeed: number(field(node, "null_seed"))?.value ?? 0,
  };
}

export function lowerSimilarity(root: YamlNode): S.SimilaritySpec | undefined {
  const section = sectionOf(root, "activation_similarity");
  if (section === undefined) return undefined;
  const { node, place } = section;
  const generate = field(node, "generate");
  const of = (key: string): number | undefined => number(field(generate, key))?.value;
  return {
    place,
    traits: texts(field(field(node, "prompts"), "traits")),
    variant: text(field(generate, "variant")),
    maxNewTokens: number(field(generate, "max_new_tokens")),
    temperature: of("temperature") ?? 0,
    topP: of("top_p") ?? 1,
    seed: of("seed") ?? 0,
    replay: texts(field(node, "replay")) ?? [],
    minCoverage: number(field(node, "min_coverage"))?.value ?? 0.8,
    raw: text(field(node, "keep"))?.value === "all",
  };
}

export function lowerCheckpoints(root: YamlNode): S.CheckpointsSpec | undefined {
  const section = sectionOf(root, "checkpoints");
  if (section === undefined) return undefined;
  const extraction = sectionOf(section.node, "after_extraction");
  const steering = sectionOf(section.node, "after_steering");
  return {
    extraction: extraction && {
      place: extraction.place,
      vectorSets: number(field(field(extraction.node, "expect"), "vector_sets")),
      layersEach: number(field(field(extraction.node, "expect"), "layers_each")),
    },
    steering: steering && {
      place: steering.place,
      coherence: number(field(field(steering.node, "require"), "coherence"))?.value,
      stopIf: text(field(steering.node, "stop_if"))?.value === "no_effect" ? "no_effect" : undefined,
    },
  };
}

/** A map, and the place of its key. */
function sectionOf(parent: YamlNode, key: string): { readonly node: YamlNode; readonly place: Place } | undefined {
  const entry = entryOf(parent, key);
  return entry?.node.kind === "map" ? { node: entry.node, place: entry.keyPlace } : undefined;
}

function textOrNumber(node: YamlNode | undefined): S.Located<string | number> | undefined {
  return text(node) ?? number(node);
}
