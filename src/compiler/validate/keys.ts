import { unknownKey } from "../../diagnostics/catalog/schema.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { nearest } from "../../util/nearest.ts";
import { entryOf, type YamlEntry, type YamlNode } from "../parse/node.ts";
import type { Violation } from "./violation.ts";
import { describePath, locate } from "./locate.ts";

export interface MisspelledKey {
  readonly entry: YamlEntry;
  /** What was meant. */
  readonly near: string;
  readonly diagnostic: Diagnostic;
}

/**
 * Unknown keys that are near to one that is not there. The schema complains of each twice, when the near one is
 * required: once that it is unknown, once that the other is missing. It is one slip, and told as one.
 */
export function misspelledKeys(root: YamlNode, violations: readonly Violation[], rootName: string): MisspelledKey[] {
  const taken = new Set<string>();
  return violations.flatMap((violation) => {
    if (violation.keyword !== "additionalProperties") return [];
    const { node } = locate(root, violation.path);
    const key = String(violation.params["additionalProperty"]);
    const entry = entryOf(node, key);
    if (entry === undefined || isLaterKey(violation.path, key)) return [];
    const allowed = allowedKeys(violation);
    const free = allowed.filter((name) => entryOf(node, name) === undefined);
    const near = nearest(key, free) ?? free.find((name) => hasWordsOf(name, key));
    const slot = JSON.stringify([violation.path, near]);
    if (near === undefined || taken.has(slot)) return [];
    taken.add(slot);
    const where = describePath(violation.path, rootName);
    return { entry, near, diagnostic: unknownKey(entry.keyPlace, key, where, near, allowed) };
  });
}

/** `max_tokens` may well mean `max_new_tokens`. */
function hasWordsOf(name: string, key: string): boolean {
  const words = name.split("_");
  return key.includes("_") && key.split("_").every((word) => words.includes(word));
}

/** The document with other names for some of its keys. */
export function repair(node: YamlNode, names: ReadonlyMap<YamlEntry, string>): YamlNode {
  if (names.size === 0 || node.kind === "scalar") return node;
  if (node.kind === "list") return { ...node, items: node.items.map((item) => repair(item, names)) };
  const entries = node.entries.map((entry) => ({
    key: names.get(entry) ?? entry.key,
    keyPlace: entry.keyPlace,
    node: repair(entry.node, names),
  }));
  return { ...node, entries };
}

export function allowedKeys(violation: Violation): string[] {
  return Object.keys(violation.schema["properties"] ?? {});
}

/** Keys of the whole language that this version does not know yet, by the map they belong to. */
const LATER_KEYS: ReadonlyMap<string, readonly string[]> = new Map([["", ["artifacts"]]]);

export function isLaterKey(path: readonly string[], key: string): boolean {
  return LATER_KEYS.get(path.join("."))?.includes(key) ?? false;
}
