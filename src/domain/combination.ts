import type { CoefficientChoice, LayerChoice } from "./task-params.ts";

interface Unreadable {
  /** A clause without a full stop. */
  readonly error: string;
}

/** Reads where a combination steers: `best`, `best(natural)`, `own`, or a layer. */
export function parseLayerChoice(value: string | number): LayerChoice | Unreadable {
  if (typeof value === "number") return { kind: "layer", layer: value };
  const text = value.trim();
  if (text === "own") return { kind: "own" };
  if (text === "best") return { kind: "best", source: null };
  const source = /^best\(\s*([^()\s]+)\s*\)$/.exec(text)?.[1];
  if (source !== undefined) return { kind: "best", source };
  return { error: `'${value}' is not where to steer, such as best, best(natural), own or 14` };
}

/** Reads how strongly a combination steers: `search`, `0.5 * best`, or a number. */
export function parseCoefficient(value: string | number): CoefficientChoice | Unreadable {
  if (typeof value === "number") return { kind: "fixed", value };
  const text = value.trim();
  if (text === "search") return { kind: "search" };
  const factor = /^(\d+(?:\.\d+)?|\.\d+)\s*\*\s*best$/.exec(text)?.[1];
  if (factor !== undefined && Number(factor) > 0) return { kind: "share", factor: Number(factor) };
  return { error: `'${value}' is not a coefficient, such as search, 0.5 * best or 6.5` };
}
