import { createHash } from "node:crypto";
import { stableJson, type JsonValue } from "../util/json.ts";

/** sha256 of a value's stable JSON, hex: the same value gives the same digest on every machine. */
export function digestOf(value: JsonValue): string {
  return createHash("sha256").update(stableJson(value)).digest("hex");
}
