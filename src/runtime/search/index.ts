import type { SearchParams } from "../../domain/search-params.ts";
import { nextAdaptive } from "./adaptive.ts";
import { nextBracket } from "./bracket.ts";
import type { Start, Trial, Tried } from "./types.ts";

export type { Start, Trial, Tried } from "./types.ts";

/** What to try next, from all that was tried, in its order; nothing when the search is over. */
export function nextTrials(params: SearchParams, starts: readonly Start[], tried: readonly Tried[]): Trial[] {
  return params.algorithm === "adaptive" ? nextAdaptive(params, starts, tried) : nextBracket(params, starts, tried);
}
