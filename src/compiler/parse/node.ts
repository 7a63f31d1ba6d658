import type { Place } from "../../diagnostics/source-file.ts";
import type { JsonValue } from "../../util/json.ts";

/** A YAML value with its places. Aliases are expanded; tags and comments are gone. */
export type YamlNode = YamlScalar | YamlMap | YamlList;

export interface YamlScalar {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  readonly place: Place;
}

export interface YamlMap {
  readonly kind: "map";
  readonly entries: readonly YamlEntry[];
  readonly place: Place;
}

export interface YamlEntry {
  readonly key: string;
  readonly keyPlace: Place;
  readonly node: YamlNode;
}

export interface YamlList {
  readonly kind: "list";
  readonly items: readonly YamlNode[];
  readonly place: Place;
}

export function entryOf(node: YamlNode | undefined, key: string): YamlEntry | undefined {
  if (node?.kind !== "map") return undefined;
  return node.entries.length <= FEW ? node.entries.find((entry) => entry.key === key) : indexOf(node).get(key);
}

/** Entries that are looked through one by one. */
const FEW = 16;
const indexes = new WeakMap<YamlMap, ReadonlyMap<string, YamlEntry>>();

function indexOf(map: YamlMap): ReadonlyMap<string, YamlEntry> {
  const index = indexes.get(map) ?? new Map(map.entries.map((entry) => [entry.key, entry]));
  indexes.set(map, index);
  return index;
}

export function toJson(node: YamlNode): JsonValue {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toJson);
  // A null prototype, so that a key such as __proto__ is a key like any other.
  const object: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  for (const { key, node: value } of node.entries) object[key] = toJson(value);
  return object;
}
