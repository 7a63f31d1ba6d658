// Writes docs/reference/*.md from the schemas and the commands' help: npx tsx scripts/reference.ts
// test/house/reference.test.ts holds the files to it.
import { readFileSync, writeFileSync } from "node:fs";
import { COMMANDS } from "../src/cli/commands/index.ts";

interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const root = new URL("../", import.meta.url);
const note = (source: string): string => `<!-- Made of ${source} by scripts/reference.ts: change it there. -->`;

/** Every page by its path. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ["docs/reference/spec.md", specPage()],
    ["docs/reference/commands.md", await commandsPage()],
  ]);
}

function specPage(): string {
  const [experiment, model] = ["experiment", "model"].map(
    (name) => JSON.parse(readFileSync(new URL(`schema/${name}.schema.json`, root), "utf8")) as Schema,
  ) as [Schema, Schema];
  const sections = Object.entries(experiment.properties ?? {}).map(([key, schema]) => {
    const whole = resolve(schema, experiment);
    const rows = rowsOf(key, whole, experiment);
    const isRequired = experiment.required?.includes(key) ? "Required." : "";
    const table = rows.length === 0 ? valueText(whole) : tableOf(rows);
    return [`## ${key}`, [escaped(whole.description ?? ""), isRequired].filter(Boolean).join(" "), table].join("\n\n");
  });
  return `${note("schema/*.schema.json")}

# The spec, key by key

${experiment.description} The schema also serves editors: the line at the top of each spec names it. What a mistake means:
[diagnostics](../diagnostics.md). Words: [glossary](../glossary.md). \`<name>\` stands for a name of your own, \`[]\` for each
entry of a list; **bold** keys have to be there where what they are in is.

${sections.join("\n\n")}

## Models: config/models/&lt;model&gt;.yaml

${model.description}

${tableOf(rowsOf("", model, model))}
`;
}

type Row = readonly [key: string, value: string, standard: string, meaning: string];

/** A row for each key below a schema, depth first. */
function rowsOf(path: string, schema: Schema, whole: Schema): Row[] {
  const below = (name: string): string => (path === "" ? name : `${path}.${name}`);
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const one = resolve(property, whole);
    const key = `\`${below(name)}\``;
    const row: Row = [
      schema.required?.includes(name) ? `**${key}**` : key,
      valueText(one),
      one.default === undefined ? "" : code(one.default),
      escaped(one.description ?? ""),
    ];
    return [row, ...rowsOf(below(name), one, whole)];
  });
  const { additionalProperties: named, items } = schema;
  const ofNames = typeof named === "object" ? rowsOf(below("<name>"), resolve(named, whole), whole) : [];
  const ofItems = items === undefined ? [] : rowsOf(`${path}[]`, resolve(items, whole), whole);
  return [...own, ...ofNames, ...ofItems, ...rowsOfKinds(path, schema, whole)];
}

/** Of a schema that is one thing or another; a row that not all of them have says of which it is. */
function rowsOfKinds(path: string, schema: Schema, whole: Schema): Row[] {
  const { oneOf = [], if: condition, then = {}, else: otherwise = {} } = schema;
  const kinds = [
    ...oneOf.map((kind): [string, Schema] => [constantsText(kind), kind]),
    ...(condition === undefined
      ? []
      : ([
          [constantsText(condition), then],
          ["", otherwise],
        ] satisfies [string, Schema][])),
  ].map(([label, kind]) => ({ label, rows: rowsOf(path, resolve(kind, whole), whole) }));
  const isShared = (row: Row): boolean =>
    kinds.every(({ rows }) => rows.some((other) => other.join("\n") === row.join("\n")));
  const rows = kinds.flatMap(({ label, rows: own }) =>
    own.map((row): Row => {
      const [key, value, standard, meaning] = row;
      return label === "" || isShared(row) ? row : [key, value, standard, `${label}: ${meaning}`];
    }),
  );
  return [...new Map(rows.map((row) => [row.join("\n"), row])).values()];
}

/** `provider: local`, in code. */
function constantsText({ properties = {} }: Schema): string {
  return Object.entries(properties)
    .flatMap(([name, { const: value }]) => (value === undefined ? [] : [code(`${name}: ${textOf(value)}`)]))
    .join(", ");
}

/** What stands beside a reference is in front of what it refers to. */
function resolve(schema: Schema, whole: Schema): Schema {
  const name = schema.$ref?.replace("#/$defs/", "");
  return name === undefined ? schema : { ...whole.$defs?.[name], ...schema };
}

function valueText(schema: Schema): string {
  const choices = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  if (choices !== undefined) return choices.map(code).join(", ");
  const types = [schema.type ?? []].flat();
  const range = types.includes("string") ? "" : rangeText(schema);
  const what = `${escaped(schema.title ?? types.join(" or "))}${range === "" ? "" : ` ${range}`}`;
  return schema.examples === undefined ? what : `${what}, as ${schema.examples.map(code).join(", ")}`;
}

function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  return [
    minimum === undefined ? [] : [`from ${minimum}`],
    exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`],
    maximum === undefined ? [] : [`to ${maximum}`],
    exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`],
  ]
    .flat()
    .join(" ");
}

/** Markdown would take \`<model>\` outside of code for HTML. */
function escaped(text: string): string {
  return text.replaceAll("<", "&lt;");
}

function code(value: unknown): string {
  return `\`${textOf(value)}\``;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => `| ${row.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`);
  return ["| key | value | default | meaning |", "| --- | --- | --- | --- |", ...cells].join("\n");
}

async function commandsPage(): Promise<string> {
  const sections = await Promise.all(
    COMMANDS.map(async ({ name, load }) => `## ${name}\n\n\`\`\`text\n${(await load()).help}\n\`\`\``),
  );
  return `${note("the commands' help")}

# Commands

What \`steerform <command> --help\` prints. \`SPEC\` is the only file in \`specs/\` unless named. Exit codes of every command: 0
done, 1 a problem of yours, 2 something to do (\`plan --detailed-exitcode\`), 3 interrupted, 64 not understood, 70 our bug.

${sections.join("\n\n")}
`;
}

if (import.meta.filename === process.argv[1]) {
  for (const [path, text] of await referencePages()) writeFileSync(new URL(path, root), text);
}
