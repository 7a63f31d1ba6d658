import { staleness, type PlanDocument } from "../compiler/plan/document.ts";
import type { Plan } from "../domain/state.ts";
import type { Host } from "./host.ts";

/** Changes that a message names. */
const MAX_CHANGES = 10;

/** Says what has moved on since a plan was saved. */
export function isStale(saved: PlanDocument, plan: Plan, host: Host): boolean {
  const changed = staleness(saved, plan);
  if (changed.length === 0) return false;
  host.err("error: the saved plan does not hold any more:");
  for (const change of changed.slice(0, MAX_CHANGES)) host.err(`  ${change}`);
  if (changed.length > MAX_CHANGES) host.err(`  and ${changed.length - MAX_CHANGES} more`);
  host.err("hint: make it again with steerform plan --out.");
  return true;
}
