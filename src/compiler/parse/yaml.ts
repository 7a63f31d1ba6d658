import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Alias,
  type Document,
  type Node,
  type YAMLMap,
} from "yaml";
import * as report from "../../diagnostics/catalog/yaml.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Place, SourceFile } from "../../diagnostics/source-file.ts";
import { findTooDeep, findTooLong, MAX_DEPTH } from "./limits.ts";
import type { YamlEntry, YamlNode, YamlScalar } from "./node.ts";

/** Values that aliases repeat: enough for any experiment, too few to fill the memory. */
const MAX_REPEATED = 50_000;

/**
 * Reads one YAML 1.2 document. Reports what is wrong with it; undefined when there is nothing to go on with. Of several
 * syntax errors only the first is reported: the others are mostly its echo.
 */
export function parseYaml(source: SourceFile, sink: DiagnosticSink): YamlNode | undefined {
  const tooDeep = findTooDeep(source.text);
  if (tooDeep !== undefined) {
    sink.report(report.nestedTooDeeply(source.place(tooDeep, tooDeep + 1), MAX_DEPTH));
    return undefined;
  }
  const tooLong = findTooLong(source.text);
  if (tooLong !== undefined) {
    sink.report(report.yamlTooLong(source.place(tooLong.at, tooLong.at + 1), tooLong.limit));
    return undefined;
  }
  // To look for keys that are there twice, the library compares each with all before it.
  const options = { prettyErrors: false, stringKeys: false, uniqueKeys: false, logLevel: "error" } as const;
  const document = parseDocument(source.text, options);
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const place = source.place(...syntax.pos);
    if (syntax.code === "TAB_AS_INDENT") sink.report(report.tabIndentation(place));
    else if (syntax.code === "MULTIPLE_DOCS")
      sink.report(report.severalDocuments(source.placeOfLine(place.range.start.line)));
    else sink.report(report.yamlSyntax(place, syntax.message));
    return undefined;
  }
  if (document.directives.yaml.explicit === true) {
    const at = source.text.search(/^%/m);
    sink.report(report.yamlDirective(source.placeOfLine(source.position(at).line)));
    return undefined;
  }
  for (const { code, pos } of document.warnings) {
    if (code === "TAG_RESOLVE_FAILED") sink.report(report.unknownTag(source.place(...pos)));
  }
  return new Converter(source, sink, document).convert();
}

/** From the library's tree to ours. */
class Converter {
  readonly #source: SourceFile;
  readonly #sink: DiagnosticSink;
  readonly #document: Document.Parsed;
  readonly #targets: ReadonlyMap<Alias, Node>;
  /** Anchored nodes that the walk is inside of, to see an alias that holds itself. */
  readonly #open = new Set<Node>();
  /** Aliases that the walk is inside of. */
  #aliases = 0;
  #repeated = 0;
  /** An alias led nowhere: what follows from its absence is not worth a word. */
  #broken = false;

  constructor(source: SourceFile, sink: DiagnosticSink, document: Document.Parsed) {
    this.#source = source;
    this.#sink = sink;
    this.#document = document;
    this.#targets = aliasTargets(document.contents);
  }

  convert(): YamlNode | undefined {
    const { contents } = this.#document;
    const node = contents === null ? undefined : this.#node(contents, this.#source.place(0, 0));
    if (this.#broken || this.#repeated > MAX_REPEATED) return undefined;
    return node ?? nullAt(this.#source.place(0, 0));
  }

  /** `fallback` is the place of what has no text of its own: the value of `key:`. */
  #node(node: Node | null, fallback: Place): YamlNode {
    if (this.#aliases > 0 && ++this.#repeated > MAX_REPEATED) return nullAt(fallback);
    if (node === null) return nullAt(fallback);
    if (isAlias(node)) return this.#alias(node);
    const place = this.#placeOf(node) ?? fallback;
    if (isScalar(node))
      return {
        kind: "scalar",
        value: scalarValue(node.value, node.source ?? ""),
        place: isEmpty(place) ? fallback : place,
      };
    this.#open.add(node);
    try {
      if (isSeq(node)) {
        return { kind: "list", place, items: node.items.map((item) => this.#node(item as Node | null, place)) };
      }
      if (isMap(node)) return { kind: "map", place, entries: this.#entries(node, place) };
    } finally {
      this.#open.delete(node);
    }
    throw new Error("Internal error: a YAML node of no known kind");
  }

  #entries(map: YAMLMap, mapPlace: Place): YamlEntry[] {
    const entries = new Map<string, YamlEntry>();
    for (const { key: keyNode, value } of map.items as { key: Node | null; value: Node | null }[]) {
      const keyPlace = (keyNode === null ? undefined : this.#placeOf(keyNode)) ?? mapPlace;
      const key = isScalar(keyNode) ? String(keyNode.value) : undefined;
      if (key === undefined) this.#sink.report(report.keyNotText(keyPlace));
      else if (key === "<<") this.#sink.report(report.mergeKey(keyPlace));
      else {
        const first = entries.get(key);
        const entry: YamlEntry = { key, keyPlace, node: this.#node(value, keyPlace) };
        if (first === undefined) entries.set(key, entry);
        else this.#sink.report(report.duplicateKey(keyPlace, key, first.keyPlace));
      }
    }
    return [...entries.values()];
  }

  #alias(alias: Alias): YamlNode {
    const place = this.#placeOf(alias) ?? this.#source.place(0, 0);
    const target = this.#targets.get(alias);
    if (target !== undefined && !this.#open.has(target)) {
      const before = this.#repeated;
      this.#aliases++;
      const node = this.#node(target, place);
      this.#aliases--;
      if (this.#aliases === 0 && this.#repeated > MAX_REPEATED && before <= MAX_REPEATED) {
        this.#sink.report(report.aliasExpansion(place, MAX_REPEATED));
      }
      return node;
    }
    this.#broken = true;
    const wrong = target === undefined ? report.unresolvedAlias : report.aliasInItself;
    this.#sink.report(wrong(place, alias.source));
    return nullAt(place);
  }

  #placeOf(node: Node): Place | undefined {
    return node.range ? this.#source.place(node.range[0], node.range[1]) : undefined;
  }
}

function nullAt(place: Place): YamlScalar {
  return { kind: "scalar", value: null, place };
}

function isEmpty(place: Place): boolean {
  return place.range.start.offset === place.range.end.offset;
}

/** A value of the core schema; anything else, which only a tag could make, is its text. */
function scalarValue(value: unknown, source: string): YamlScalar["value"] {
  const isCore = value === null || typeof value === "number" || typeof value === "boolean" || typeof value === "string";
  return isCore ? value : source;
}

/** What each alias repeats: the last node before it that has its anchor. */
function aliasTargets(root: Node | null): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const visit = (node: Node | null): void => {
    if (node === null) return;
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
      return;
    }
    if ((isScalar(node) || isSeq(node) || isMap(node)) && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isSeq(node)) for (const item of node.items) visit(item as Node | null);
    if (isMap(node)) {
      for (const { key, value } of node.items as { key: Node | null; value: Node | null }[]) {
        visit(key);
        visit(value);
      }
    }
  };
  visit(root);
  return targets;
}
