import { overrideThroughValue } from "../../diagnostics/catalog/yaml.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { SourceFile, type Place } from "../../diagnostics/source-file.ts";
import type { Project } from "../files/project.ts";
import { entryOf, type YamlNode } from "./node.ts";
import { hideSecrets } from "./secrets.ts";
import { parseYaml } from "./yaml.ts";

/**
 * Sets values of a document from texts `steering.layers=0..3`: a path of keys (of lists: indices from 0), and a YAML
 * value. Maps on the way that are not there are made. What comes out is checked like the document itself; a diagnostic's
 * file is then `--set` and the path.
 */
export function applyOverrides(root: YamlNode, overrides: readonly string[], project: Project): YamlNode {
  return overrides.reduce((node, text) => {
    const at = text.indexOf("=");
    if (at === -1) throw new Error("Internal error: an override without =");
    const source = hideSecrets(new SourceFile(`--set ${text.slice(0, at)}`, text), project);
    project.redact(source);
    // Spaces for the path, so that places in the value are places in the text.
    const blank = new SourceFile(source.path, " ".repeat(at + 1) + source.text.slice(at + 1));
    const value = parseYaml(blank, project.sink);
    const path = source.text.slice(0, at).trim().split(".");
    return value === undefined ? node : set(node, path, value, source.place(0, at), project.sink);
  }, root);
}

function set(
  node: YamlNode | undefined,
  path: readonly string[],
  value: YamlNode,
  place: Place,
  sink: DiagnosticSink,
): YamlNode {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (node?.kind === "list" && /^\d+$/.test(key) && Number(key) < node.items.length) {
    const items = node.items.map((item, index) => (index === Number(key) ? set(item, rest, value, place, sink) : item));
    return { ...node, items };
  }
  if (node !== undefined && node.kind !== "map" && !isEmpty(node)) {
    sink.report(overrideThroughValue(place, key, node.place));
    return node;
  }
  const entries = node?.kind === "map" ? node.entries : [];
  const old = entryOf(node, key);
  const entry = { key, keyPlace: old?.keyPlace ?? place, node: set(old?.node, rest, value, place, sink) };
  return {
    kind: "map",
    entries: old === undefined ? [...entries, entry] : entries.map((other) => (other === old ? entry : other)),
    place: node?.place ?? place,
  };
}

/** `key:` with nothing after it may become a map. */
function isEmpty(node: YamlNode): boolean {
  return node.kind === "scalar" && node.value === null;
}
