import { entryOf, type YamlNode } from "../parse/node.ts";
import type { Declared, Located } from "./spec.ts";

/** Readers of validated nodes. A value of another type is undefined: the schema has reported it. */

export function field(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return entryOf(node, key)?.node;
}

export function text(node: YamlNode | undefined): Located<string> | undefined {
  return node?.kind === "scalar" && typeof node.value === "string"
    ? { value: node.value, place: node.place }
    : undefined;
}

export function number(node: YamlNode | undefined): Located<number> | undefined {
  return node?.kind === "scalar" && typeof node.value === "number"
    ? { value: node.value, place: node.place }
    : undefined;
}

/** One text or a list of them; undefined when there is neither. */
export function texts(node: YamlNode | undefined): Located<string>[] | undefined {
  if (node?.kind !== "list") {
    const one = text(node);
    return one && [one];
  }
  return node.items.flatMap((item) => text(item) ?? []);
}

export function items(node: YamlNode | undefined): readonly YamlNode[] {
  return node?.kind === "list" ? node.items : [];
}

/** A map of the user's own names; undefined when it is not a map. */
export function declarations<T>(
  node: YamlNode | undefined,
  read: (node: YamlNode, declared: Pick<Declared<T>, "place">) => T | undefined,
): Map<string, Declared<T>> | undefined {
  if (node?.kind !== "map") return undefined;
  return new Map(
    node.entries.map(({ key, keyPlace: place, node: value }) => [key, { place, value: read(value, { place }) }]),
  );
}
