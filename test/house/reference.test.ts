import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { referencePages } from "../../scripts/reference.ts";
import { REPOSITORY } from "../rig/project.ts";

const pages = await referencePages();

test.each([...pages])("%s is what scripts/reference.ts makes", (path, text) => {
  expect(readFileSync(join(REPOSITORY, path), "utf8")).toBe(text);
});

/** Every property's name in a schema, at any depth. */
function keysOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([name, value]) => [
    ...(name === "properties" ? Object.keys(value as object) : []),
    ...keysOf(value),
  ]);
}

test.each(["experiment", "model"])("every key of the %s schema has its row", (name) => {
  const schema = JSON.parse(readFileSync(join(REPOSITORY, `schema/${name}.schema.json`), "utf8")) as unknown;
  const page = pages.get("docs/reference/spec.md")!;
  const missing = keysOf(schema).filter((key) => !new RegExp(`[.\`]${key}\`|^## ${key}$`, "m").test(page));
  expect(missing).toEqual([]);
});
