import type { ModelMemory } from "../../domain/machine.ts";
import type { ModelFacts } from "../../runtime/doctor/examine-models.ts";
import type { SpecFacts } from "../../runtime/doctor/examine-spec.ts";
import { formatBytes, formatCount } from "../units.ts";
import { findingsOf, type Finding } from "./finding.ts";
import { judgeFindings } from "./judge-findings.ts";

const finding = findingsOf("models");

/** What the spec's engine, models and judge need. `weightsFreeBytes`: of the disk that downloads go to. */
export function specFindings(facts: SpecFacts, weightsFreeBytes: number): Finding[] {
  const { file, placement, models, judge } = facts;
  return [
    "provider" in placement
      ? finding("engine", "ok", `${file} runs on ${placement.provider} in ${placement.type}`)
      : finding("engine", "problem", placement.message, placement.hint),
    ...models.map(weightsFinding),
    ...downloadFindings(models, weightsFreeBytes),
    ...memoryFindings(facts),
    ...(judge === undefined ? [] : judgeFindings(judge)),
  ];
}

function weightsFinding({ variant, model, weights, memory }: ModelFacts): Finding {
  const what = memory === undefined ? model : `${model}, ${sizeText(memory)}`;
  switch (weights.status) {
    case "found":
      return finding(variant, "ok", what);
    case "unconverted":
      return finding(variant, "ok", `${what}; apply converts ${weights.file} first`);
    case "downloadable": {
      const size = weights.bytes === undefined ? "" : `, about ${formatBytes(weights.bytes)}`;
      return finding(variant, "note", `${what}; apply downloads hf://${weights.repository}${size}`);
    }
    case "missing":
    case "unusable":
      return finding(variant, "problem", `${what}: ${weights.message}`, weights.hint);
  }
}

/** `8.0 billion parameters, 16 GB in memory and 3.4 GB for passes` */
function sizeText({ parameters, weightsBytes, batchBytes }: ModelMemory): string {
  const passes = batchBytes === 0 ? "" : ` and ${formatBytes(batchBytes)} for passes`;
  return `${countText(parameters)} parameters, ${formatBytes(weightsBytes)} in memory${passes}`;
}

function countText(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} billion`;
  return count >= 1e6 ? `${Math.round(count / 1e6)} million` : formatCount(count);
}

/** Two variants of one repository are one download. */
function downloadFindings(models: readonly ModelFacts[], freeBytes: number): Finding[] {
  const sizes = new Map(
    models.flatMap(({ weights }) =>
      weights.status === "downloadable" ? [[weights.repository, weights.bytes ?? 0] as const] : [],
    ),
  );
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (bytes <= freeBytes) return [];
  const text = `downloads of about ${formatBytes(bytes)} do not fit on a disk with ${formatBytes(freeBytes)} free`;
  return [finding("disk", "problem", text, "export HF_HOME=... names a folder on a larger one.")];
}

function memoryFindings({ placement, memory, engine, models }: SpecFacts): Finding[] {
  if (!("provider" in placement) || models.length === 0) return [];
  if (memory === undefined) {
    const why =
      placement.provider === "webgpu" ? "WebGPU does not tell how much a GPU has" : "a model's size is not known";
    return [finding("memory", "note", `whether the models fit is not known: ${why}`)];
  }
  const { variants, neededBytes, freeBytes, leftBytes, fittingBatchTokens } = memory;
  const names = variants.length === 1 ? `${variants.join("")} takes` : `${variants.join(", ")} at once take`;
  // Of a model that is not here, only the weights are counted.
  const least = models.every(({ weights }) => weights.status === "found") ? "up to " : "at least ";
  const device = placement.provider === "cpu" ? "" : " on the GPU";
  const text = `${names} ${least}${formatBytes(neededBytes)} of ${formatBytes(freeBytes)} free${device}`;
  if (leftBytes >= 0) return [finding("memory", "ok", text)];
  const hint =
    fittingBatchTokens === undefined
      ? "Choose smaller models, or a machine with more memory."
      : `Set engine.max_batch_tokens: ${fittingBatchTokens} in place of ${engine.maxBatchTokens}; no result depends on it.`;
  return [finding("memory", "problem", `${text}: ${formatBytes(-leftBytes)} too much`, hint)];
}
