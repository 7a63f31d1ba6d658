import type { Place } from "../../diagnostics/source-file.ts";
import { entryOf, type YamlEntry, type YamlNode } from "../parse/node.ts";

/** Where a path leads in a document. */
export interface Located {
  readonly node: YamlNode;
  /** Of the value, or of its key when it has no text of its own. */
  readonly place: Place;
  /** Of the key that holds it; undefined for the root and for items of lists. */
  readonly entry: YamlEntry | undefined;
}

/** The value that a path of keys and indices leads to. Throws "Internal error: …" when there is none. */
export function locate(root: YamlNode, path: readonly string[]): Located {
  let found: Located = { node: root, place: root.place, entry: undefined };
  for (const part of path) {
    const entry = entryOf(found.node, part);
    const node = found.node.kind === "list" ? found.node.items[Number(part)] : entry?.node;
    if (node === undefined) throw new Error(`Internal error: no ${path.join(".")} in the document`);
    found = { node, place: node.place, entry };
  }
  return found;
}

/** `sources.natural.generate`, `extraction.matrix.include[0]`; the root is `root`. */
export function describePath(path: readonly string[], root: string): string {
  if (path.length === 0) return root;
  return path.map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`)).join("");
}
