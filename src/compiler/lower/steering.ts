import type { SearchParams } from "../../domain/search-params.ts";
import type { Place } from "../../diagnostics/source-file.ts";
import { entryOf, type YamlEntry, type YamlNode } from "../parse/node.ts";
import { field, number, text } from "./fields.ts";
import { lowerFilter } from "./filter.ts";
import type * as S from "./spec.ts";

export function lowerSteering(root: YamlNode): S.SteeringSpec | undefined {
  const entry = entryOf(root, "steering");
  if (entry?.node.kind !== "map") return undefined;
  const { node, keyPlace: place } = entry;
  const vectors = field(node, "vectors");
  const questions = number(field(node, "questions"));
  return {
    place,
    vectors: vectors?.kind === "map" ? lowerFilter(vectors) : "all",
    layers: lowerLayers(field(node, "layers")),
    questions: questions?.value ?? "all",
    questionsPlace: questions?.place ?? place,
    maxNewTokens: number(field(node, "max_new_tokens")),
    refine: lowerRefine(entryOf(node, "refine")),
    report: lowerReport(entryOf(node, "report"), place),
    search: lowerSearch(field(node, "search")),
    nullDirections: number(field(node, "null_directions"))?.value ?? 0,
    nullSeed: number(field(node, "null_seed"))?.value ?? 0,
  };
}

function lowerSearch(node: YamlNode | undefined): SearchParams {
  const of = (key: string, fallback: number): number => number(field(node, key))?.value ?? fallback;
  const minCoherence = of("min_coherence", 70);
  return text(field(node, "algorithm"))?.value === "bracket"
    ? {
        algorithm: "bracket",
        steps: of("steps", 3),
        points: of("points", 2),
        start: of("start", 0.5),
        spread: of("spread", 3),
        keep: of("keep", 0.5),
        minCoherence,
      }
    : {
        algorithm: "adaptive",
        evaluations: of("evaluations", 5),
        start: of("start", 0.7),
        up: of("up", 1.3),
        down: of("down", 0.85),
        momentum: of("momentum", 0.1),
        minCoherence,
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
    heldOut: number(field(node, "held_out")) ?? { value: 0.5, place: entry?.keyPlace ?? steering },
    confidence: number(field(node, "confidence"))?.value ?? 0.95,
    coherence: numbers(field(node, "coherence")) ?? [80, 70],
  };
}

function lowerLayers(node: YamlNode | undefined): S.SteeringSpec["layers"] {
  if (node?.kind !== "list") return text(node) ?? number(node);
  return { value: node.items.flatMap((item) => number(item)?.value ?? []), place: node.place };
}

function numbers(node: YamlNode | undefined): number[] | undefined {
  return node?.kind === "list" ? node.items.flatMap((item) => number(item)?.value ?? []) : undefined;
}
