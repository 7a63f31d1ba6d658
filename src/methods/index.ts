import { meanDiff } from "./mean-diff.ts";
import { probe } from "./probe.ts";
import type { Method } from "./types.ts";

/** Every method, by the name that a spec uses. */
export const METHODS: { readonly mean_diff: Method; readonly probe: Method } = { mean_diff: meanDiff, probe };

export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES: readonly MethodName[] = ["mean_diff", "probe"];
