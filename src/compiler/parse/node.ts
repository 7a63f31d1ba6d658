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
  return node?.kind === "map" ? node.entries.find((entry) => entry.key === key) : undefined;
}

export function toJson(node: YamlNode): JsonValue {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(toJson);
  // A null prototype, so that a key such as __proto__ is a key like any other.
  const object: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  for (const { key, node: value } of node.entries) object[key] = toJson(value);
  return object;
}
