import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { violations } from "./source-tree.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the source tree keeps the laws", () => {
  const files = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
  const tree = new Map(files.map((path) => [relative(root, path).replaceAll("\\", "/"), readFileSync(path, "utf8")]));
  expect(tree.size).toBeGreaterThan(0);
  expect(violations(tree)).toEqual([]);
});

describe("a planted violation is found", () => {
  const clean: [string, string][] = [
    ["src/math/mean.ts", `import { a } from "../util/a.ts";`],
    ["src/runtime/a.ts", `import yaml from "yaml";\nimport type { X } from "../methods/types.ts";`],
    ["src/methods/helpful.ts", `export const later = () => import("../math/mean.ts");`],
  ];

  test.each([
    ["src/math/matrix-utils.ts", "", "src/math/matrix-utils.ts: name it for what it does"],
    ["src/cli/helpers.ts", "", "src/cli/helpers.ts: name it for what it does"],
    ["src/cli/event-handler.ts", "", "src/cli/event-handler.ts: name it for what it does"],
    ["src/misplaced.ts", "", "src/misplaced.ts: no layer of src"],
    ["src/plugins/a.ts", "", "src/plugins/a.ts: no layer of src"],
    ["src/math/up.ts", `export type P = import("../runtime/a.ts").P;`, "src/math/up.ts: imports src/runtime/a.ts"],
    ["src/cli/b.ts", `import { parse } from "yaml/x";`, "yaml: imported by src/runtime/a.ts and src/cli/b.ts"],
  ])("%s", (path, text, sentence) => {
    expect(violations(new Map(clean))).toEqual([]);
    expect(violations(new Map([...clean, [path, text]]))).toEqual([sentence]);
  });
});
