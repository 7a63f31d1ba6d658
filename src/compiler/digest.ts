import { hash } from "node:crypto";
import { stableJson, type JsonValue } from "../util/json.ts";

/** sha256 of a value's stable JSON, hex: the same value gives the same digest on every machine. */
export function digestOf(value: JsonValue): string {
  return digestOfText(stableJson(value));
}

/** sha256, hex. */
export function digestOfText(text: string): string {
  return hash("sha256", text);
}
