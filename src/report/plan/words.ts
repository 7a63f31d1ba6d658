import type { CoefficientChoice, LayerChoice } from "../../domain/task-params.ts";
import type { Task } from "../../domain/task.ts";
import { COMBINERS } from "../../methods/combiners.ts";
import { formatCount, plural } from "../units.ts";

/** What tasks of one kind do, one or many, in a few words; empty where the id says it all. */
export function tasksInWords(tasks: readonly Task[], all: readonly Task[]): string {
  const [first] = tasks;
  const generations = tasks.reduce((sum, { cost }) => sum + cost.generations, 0);
  switch (first?.kind) {
    case "responses":
      return `${plural(generations, "response")} of ≤ ${budgets(tasks)} tokens${tasks.length === 1 ? readers(first, all) : ""}`;
    case "vetting": {
      const { positive, negative, coherence } = first.params;
      return `keeps positives ≥ ${positive}, negatives < ${negative}, at coherence ≥ ${coherence}`;
    }
    case "activations": {
      const passes = new Set(tasks.map(({ needs }) => needs[0])).size;
      return passes === 1 ? "one pass over the responses" : `${passes} passes over the responses`;
    }
    case "vectors":
      return distinct(tasks, "method");
    case "baseline":
      return `${plural(generations, "question")}, unsteered`;
    case "prompted":
      return `${plural(generations, "answer")} to system prompts, unsteered`;
    case "steering":
      return `layers ${layerSpan(first.params.layers)}, ${plural(generations, "answer")} of ≤ ${first.params.maxNewTokens} tokens`;
    case "refine": {
      const { layers, points } = first.params;
      const where = layers === "best" ? "the best layer" : `layers ${layerSpan(layers)}`;
      return `${plural(points, "coefficient")} at ${where}, ${plural(generations, "answer")}`;
    }
    case "selection":
      return "the best vector: known after its searches";
    case "combination": {
      if (tasks.length > 1) return `${distinct(tasks, "strategy")}, ${plural(generations, "answer")}`;
      const { vectors, layer, coefficient } = first.params;
      return `${COMBINERS[vectors]?.words} at ${layerWords(layer)}, ${coefficientWords(coefficient)}`;
    }
    case "weights":
      return `${first.params.from} → ${first.params.to}`;
    case "prompts":
      return `${plural(promptCount(all), "prompt")} of ${first.params.traits.join(", ")}`;
    case "capture":
      return `${plural(generations, "response")} of ≤ ${budgets(tasks)} tokens`;
    case "replay":
      return "the same tokens, read by another variant";
    case "similarity":
      return `${first.params.captured} beside ${first.params.replayed}, and how vectors transfer`;
    case "checkpoint":
      return "later phases wait for it";
    case "results":
    case undefined:
      return "";
  }
}

function budgets(tasks: readonly Task[]): string {
  const each = tasks.map(({ cost }) => Math.ceil(cost.newTokens / Math.max(1, cost.generations)));
  const [least, most] = [Math.min(...each), Math.max(...each)];
  return least === most ? formatCount(least) : `${formatCount(least)} to ${formatCount(most)}`;
}

/** Which positions a response set is read at: the widest decides how long it has to be. */
function readers({ id }: Task, all: readonly Task[]): string {
  const positions = all.flatMap((task) => (task.kind === "activations" && task.needs[0] === id ? [task.params] : []));
  return positions.length === 0 ? "" : `, read at ${positions.map(({ position }) => position).join(" ")}`;
}

/** `9–19`, or each where there are gaps. */
function layerSpan(layers: readonly number[]): string {
  const [first, last] = [layers[0] ?? 0, layers.at(-1) ?? 0];
  return layers.length > 2 && last - first === layers.length - 1 ? `${first}–${last}` : layers.join(" ");
}

function layerWords(layer: LayerChoice): string {
  switch (layer.kind) {
    case "own":
      return "its own best layer";
    case "layer":
      return `layer ${layer.layer}`;
    case "best":
      return layer.source === null ? "the better best layer" : `the best layer of ${layer.source}`;
  }
}

function coefficientWords(coefficient: CoefficientChoice): string {
  switch (coefficient.kind) {
    case "search":
      return "coefficient searched";
    case "share":
      return `from ${coefficient.factor} of its best coefficient`;
    case "fixed":
      return `coefficient ${coefficient.value}`;
  }
}

/** Every prompt is answered once. */
function promptCount(all: readonly Task[]): number {
  return all.find(({ kind }) => kind === "capture")?.cost.generations ?? 0;
}

function distinct(tasks: readonly Task[], key: string): string {
  return [...new Set(tasks.map(({ params }) => params[key]))].filter((value) => typeof value === "string").join(", ");
}
