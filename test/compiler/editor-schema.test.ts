import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY } from "./rig.ts";

/** What an editor shows of a key is what the schema says of it. The schemas of files that people write: */
const SCHEMAS = ["experiment", "model"];

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly $ref?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Key {
  /** `steering/search/start`, or `$defs/generate/seed`. */
  readonly path: string;
  /** With what it refers to; its own words win. */
  readonly schema: Schema;
  readonly required: boolean;
}

/** Every key that a file can have. What `if` leads to (`then`, `else`) speaks of keys that are described elsewhere. */
function keysOf(root: Schema & { readonly $defs?: Readonly<Record<string, Schema>> }): Key[] {
  const walk = (node: unknown, path: string): Key[] => {
    if (Array.isArray(node)) return node.flatMap((item) => walk(item, path));
    if (typeof node !== "object" || node === null) return [];
    const { properties = {}, required = [] } = node as Schema;
    const keys = Object.entries(properties).map(([name, schema]): Key => {
      const target = root.$defs?.[schema.$ref?.replace("#/$defs/", "") ?? ""];
      return { path: `${path}${name}`, schema: { ...target, ...schema }, required: required.includes(name) };
    });
    const deeper = Object.entries(node).flatMap(([name, inner]) => {
      if (["if", "then", "else", "default", "examples"].includes(name)) return [];
      if (name === "properties") {
        return Object.entries(inner as object).flatMap(([key, schema]) => walk(schema, `${path}${key}/`));
      }
      if (name === "$defs") {
        return Object.entries(inner as object).flatMap(([key, schema]) => walk(schema, `$defs/${key}/`));
      }
      return walk(inner, path);
    });
    return [...keys, ...deeper];
  };
  return walk(root, "");
}

function isScalar({ type = [], enum: values, const: value }: Schema): boolean {
  return (
    values !== undefined || value !== undefined || [type].flat().some((one) => one !== "object" && one !== "array")
  );
}

const schemas = SCHEMAS.map((name): [string, Key[]] => {
  const text = readFileSync(join(REPOSITORY, `schema/${name}.schema.json`), "utf8");
  return [name, keysOf(JSON.parse(text) as Schema)];
});

test.each(schemas)("%s: every key has a description that is a sentence or more", (_, keys) => {
  const undescribed = keys.filter(({ schema }) => !/^\S.*[.)]$/.test(schema.description ?? ""));
  expect(undescribed.map(({ path }) => path)).toEqual([]);
  expect(keys.length).toBeGreaterThan(7);
});

test.each(schemas)("%s: a value that may be left out has a default, or says what then", (_, keys) => {
  const silent = keys.filter(
    ({ schema, required }) =>
      !required && isScalar(schema) && schema.default === undefined && !/\bleft out: /i.test(schema.description ?? ""),
  );
  expect(silent.map(({ path }) => path)).toEqual([]);
});
