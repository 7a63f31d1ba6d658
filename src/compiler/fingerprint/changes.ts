import { stableJson, type JsonObject, type JsonValue } from "../../util/json.ts";

/** A leaf that differs, named as specs name it: `search.min_coherence`. Values are short texts for people. */
export interface Change {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** What differs between two parameter objects, sorted by path. */
export function changes(before: JsonObject, after: JsonObject, prefix = ""): Change[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return keys.flatMap((key) => {
    const [old, now] = [before[key], after[key]];
    const path = prefix + snakeCase(key);
    if (isObject(old) && isObject(now)) return changes(old, now, `${path}.`);
    const [oldText, nowText] = [show(old), show(now)];
    return oldText === nowText ? [] : [{ path, before: oldText, after: nowText }];
  });
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: JsonValue | undefined): string {
  if (value === undefined) return "not set";
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => show(item)).join(", ")}]`;
  return typeof value === "string" ? value : stableJson(value);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
