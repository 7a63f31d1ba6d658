import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LAYERS, laws } from "./laws.ts";

/**
 * A pattern that the linter cannot compile is ignored without a word, and a later override silently replaces an earlier
 * one. So every law is broken once, in a tree that has the project's own configuration, and must be named by the linter;
 * beside it stands what the law allows.
 */
const root: string = fileURLToPath(new URL("../..", import.meta.url));

let tree: string;
/** Rules that the linter named, by file. */
let named: Map<string, Set<string>>;

function plant(path: string, source: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), `${source}\n`);
}

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "steerform-house-"));
  cpSync(join(root, ".oxlintrc.json"), join(tree, ".oxlintrc.json"));
  for (const layer of Object.keys(LAYERS))
    plant(`src/${layer}/index.ts`, "export const target = 1;\nexport type Target = 1;");
  plant("src/engine/deep/target.ts", "export const target = 1;");
  plant("src/domain/cycle-b.ts", `export type { A as B } from "./cycle-a.ts";`);
  for (const { broken, kept } of laws) {
    plant(...broken);
    plant(...kept);
  }
  const oxlint = spawnSync(process.execPath, [join(root, "node_modules/oxlint/bin/oxlint"), "--format", "json"], {
    cwd: tree,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const report = JSON.parse(oxlint.stdout) as { diagnostics: { code: string; filename: string }[] };
  named = new Map();
  for (const { code, filename } of report.diagnostics) {
    const path = filename.replaceAll("\\", "/");
    named.set(path, (named.get(path) ?? new Set()).add(code));
  }
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe("the linter", () => {
  test.each(laws)("$name", ({ rule, broken, kept }) => {
    expect([...(named.get(broken[0]) ?? [])]).toContain(rule);
    expect([...(named.get(kept[0]) ?? [])]).toEqual([]);
  });
});

test("the compiler refuses enums", () => {
  plant("src/cli/enum.ts", "export enum Colour {\n  Red,\n}");
  const tsconfig = { extends: join(root, "tsconfig.json"), compilerOptions: { types: [] }, files: ["src/cli/enum.ts"] };
  plant("tsconfig.json", JSON.stringify(tsconfig));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  expect(() => execFileSync(process.execPath, [tsc, "-p", tree], { encoding: "utf8", stdio: "pipe" })).toThrow(
    expect.objectContaining({ stdout: expect.stringContaining("TS1294") }),
  );
});
