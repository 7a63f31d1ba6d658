import { existsSync, readFileSync } from "node:fs";
import { EngineFailure } from "../../domain/engine.ts";
import { isRecord } from "./config.ts";
import { refuseLfsPointer } from "./lfs-pointer.ts";

/**
 * A JSON object from a model's folder, or undefined when there is no such file. Throws EngineFailure
 * `weights-damaged` or `weights-missing`.
 */
export function readJsonFile(path: string): Record<string, unknown> | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  refuseLfsPointer(path, bytes);
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineFailure("weights-damaged", `${path} is not JSON: ${reason}`, "Download the file again.");
  }
  if (!isRecord(json)) {
    throw new EngineFailure("weights-damaged", `${path} is not a JSON object.`, "Download the file again.");
  }
  return json;
}
