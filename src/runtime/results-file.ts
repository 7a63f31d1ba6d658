import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RuntimeFailure } from "./failures.ts";
import type { Results } from "./tasks/results-document.ts";

/** The experiment's results, or undefined when there are none yet. Throws RuntimeFailure `artifact-damaged`. */
export function readResults(folder: string): Results | undefined {
  const path = join(folder, "reports", "results.json");
  if (!existsSync(path)) return undefined;
  try {
    const results: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof results === "object" && results !== null && "rows" in results) return results as Results;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RuntimeFailure("artifact-damaged", `${path} is damaged.`, "Delete it and apply again.");
}
