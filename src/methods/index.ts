import { gradient } from "./gradient.ts";
import { meanDiff } from "./mean-diff.ts";
import { pca } from "./pca.ts";
import { probe } from "./probe.ts";
import { random } from "./random.ts";
import type { Method } from "./types.ts";

/** Every method, by the name that a spec uses. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  [meanDiff, probe, pca, gradient, random].map((method) => [method.name, method]),
);

/** The compiler has bound every name: a miss is our bug. */
export function methodNamed(name: string): Method {
  const method = METHODS.get(name);
  if (method === undefined) throw new Error(`Internal error: no method ${name}`);
  return method;
}
