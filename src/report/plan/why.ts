import type { Why } from "../../compiler/plan/why.ts";

/** A task's causes as an indented tree. */
export function formatWhy(why: Why, depth = 0): string {
  const { planned, origin, madeAt, because, repeated } = why;
  const indent = "  ".repeat(depth);
  const verb = { create: "is new", rerun: "runs again", keep: "is up to date" }[planned.action];
  const causes = new Set(because.map((cause) => cause.planned.id));
  // What stands below as a cause of its own is not said twice.
  const reasons = planned.reasons.filter((reason) => reason !== "new" && !causes.has(reason.split(" ")[0] ?? ""));
  const detail = repeated ? " (told above)" : reasons.length > 0 ? `: ${reasons.join("; ")}` : "";
  const made = madeAt === undefined ? "" : `: made ${madeAt}`;
  const place = !repeated && (depth === 0 || because.length === 0) ? `  [${origin}]` : "";
  const head = `${indent}${planned.id} ${verb}${detail}${made}${place}`;
  return [head, ...(repeated ? [] : because.map((cause) => formatWhy(cause, depth + 1)))].join("\n");
}
