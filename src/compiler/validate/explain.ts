import * as report from "../../diagnostics/catalog/schema.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearest } from "../../util/nearest.ts";
import { entryOf, type YamlNode } from "../parse/node.ts";
import type { Violation } from "./violation.ts";
import { allowedKeys, isLaterKey } from "./keys.ts";
import { describePath, locate, type Located } from "./locate.ts";

/** Says in words what a schema complains of, at the place where it is to be mended. */
export function explain(root: YamlNode, violation: Violation, rootName: string, sink: DiagnosticSink): void {
  const located = locate(root, violation.path);
  const where = describePath(violation.path, rootName);
  const diagnostic = diagnosticOf(violation, located, where);
  if (diagnostic !== undefined) sink.report(diagnostic);
}

function diagnosticOf(violation: Violation, located: Located, where: string): Diagnostic | undefined {
  const { keyword, params, schema } = violation;
  const { node, place } = located;
  switch (keyword) {
    case "required":
      // A value of another type has no keys at all, and is reported as that.
      return report.missingKey(located.entry?.keyPlace ?? startOf(located), String(params["missingProperty"]), where);
    case "additionalProperties":
      return unknown(violation, node, where);
    case "type":
      return wrongType(located, where, params["type"]);
    case "const":
      return notOneOf(located, where, [schema["const"]]);
    case "enum":
      return notOneOf(located, where, schema["enum"] as unknown[]);
    case "discriminator":
      return discriminator(located, where, schema);
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return report.outOfRange(place, where, scalarOf(node) as number, boundOf(schema));
    case "pattern":
      // A bad name is reported at the key that it is (see propertyNames).
      return node.kind === "scalar" ? report.badText(place, where, String(node.value), titleOf(schema)) : undefined;
    case "propertyNames":
      return badName(violation, node, where);
    case "minItems":
    case "maxItems":
      if (node.kind === "list" && node.items.length > 0) {
        return report.wrongCount(place, where, node.items.length, countOf(schema));
      }
      return report.emptyValue(place, where, "value");
    case "minLength":
    case "minProperties":
      return report.emptyValue(place, where, keyword === "minProperties" ? "key" : "letter");
    case "uniqueItems":
      return report.repeatedItem(place, where);
    // The branch's own complaint follows.
    case "if":
    case "oneOf":
      return undefined;
    default:
      throw new Error(`Internal error: the schema keyword ${keyword} has no explanation`);
  }
}

function unknown(violation: Violation, node: YamlNode, where: string): Diagnostic | undefined {
  const key = String(violation.params["additionalProperty"]);
  const entry = entryOf(node, key);
  if (entry === undefined) return undefined;
  if (isLaterKey(violation.path, key)) return report.laterKey(entry.keyPlace, key, where);
  return report.unknownKey(entry.keyPlace, key, where, undefined, allowedKeys(violation));
}

function badName(violation: Violation, node: YamlNode, where: string): Diagnostic | undefined {
  const name = String(violation.params["propertyName"]);
  const entry = entryOf(node, name);
  return entry && report.badText(entry.keyPlace, `A key of ${where}`, name, NAME);
}

const NAME = "a name of letters, digits, _, - and . that begins with a letter or digit";

function wrongType({ node, place }: Located, where: string, type: unknown): Diagnostic {
  const types = (Array.isArray(type) ? type : [type]) as string[];
  const expected = report.oneOf(types.map((one) => TYPE_WORDS[one] ?? one));
  const isText = types.length === 1 && types[0] === "string" && node.kind === "scalar" && node.value !== null;
  return report.wrongType(
    place,
    where,
    expected,
    describe(node),
    isText ? `Put it in quotes: "${String(node.value)}".` : undefined,
  );
}

function notOneOf({ node, place }: Located, where: string, allowed: readonly unknown[]): Diagnostic {
  const words = allowed.map(String);
  const near = node.kind === "scalar" && typeof node.value === "string" ? nearest(node.value, words) : undefined;
  const found =
    node.kind === "scalar" && node.value !== null ? JSON.stringify(node.value).replaceAll('"', "'") : describe(node);
  return report.notOneOf(place, where, found, near, words);
}

/** A union whose tag is missing or unknown. */
function discriminator(located: Located, where: string, schema: Violation["schema"]): Diagnostic | undefined {
  const tag = (schema["discriminator"] as { propertyName: string }).propertyName;
  const entry = entryOf(located.node, tag);
  // That it is missing is `required`'s to say.
  if (entry === undefined) return undefined;
  const branches = schema["oneOf"] as { properties: Record<string, { const: unknown }> }[];
  const tags = branches.map(({ properties }) => properties[tag]?.const);
  return notOneOf({ node: entry.node, place: entry.node.place, entry }, `${where}.${tag}`, tags);
}

function countOf(schema: Violation["schema"]): string {
  const { minItems, maxItems } = schema as Record<string, number | undefined>;
  if (minItems === maxItems) return `${minItems} values`;
  return maxItems === undefined ? `at least ${minItems} values` : `at most ${maxItems} values`;
}

function boundOf(schema: Violation["schema"]): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Record<string, number | undefined>;
  const low = minimum === undefined ? undefined : `at least ${minimum}`;
  const high = maximum === undefined ? undefined : `at most ${maximum}`;
  const above = exclusiveMinimum === undefined ? undefined : `greater than ${exclusiveMinimum}`;
  const below = exclusiveMaximum === undefined ? undefined : `less than ${exclusiveMaximum}`;
  return [low, above, high, below].filter((part) => part !== undefined).join(" and ");
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  object: "a map",
  array: "a list",
};

function describe(node: YamlNode): string {
  if (node.kind !== "scalar") return node.kind === "map" ? "a map" : "a list";
  if (node.value === null) return "empty";
  if (typeof node.value === "string") return `the text '${node.value}'`;
  return typeof node.value === "number" ? `the number ${node.value}` : String(node.value);
}

function scalarOf(node: YamlNode): unknown {
  return node.kind === "scalar" ? node.value : undefined;
}

function titleOf(schema: Violation["schema"]): string {
  return typeof schema["title"] === "string" ? schema["title"] : `like ${String(schema["pattern"])}`;
}

/** A map in a list, or the document: its first character stands for it. */
function startOf({ place }: Located): Located["place"] {
  const { start } = place.range;
  return { file: place.file, range: { start, end: { ...start, column: start.column + 1, offset: start.offset + 1 } } };
}
