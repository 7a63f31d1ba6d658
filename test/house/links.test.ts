import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY } from "../rig/project.ts";

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "datasets/README.md",
  "models/tiny/README.md",
  ...readdirSync(join(REPOSITORY, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => join("docs", path)),
];

/** As the hub of repositories makes them of headings. */
const anchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

test.each(pages)("every link of %s leads to a file, and to a heading of it", (page) => {
  const text = readFileSync(join(REPOSITORY, page), "utf8").replaceAll(/^```[^]*?^```/gm, "");
  const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
  const broken = links.filter(([, path = "", anchor]) => {
    const target = path === "" ? join(REPOSITORY, page) : join(REPOSITORY, dirname(page), path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchors(readFileSync(target, "utf8")).includes(anchor);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

test("the index of the documentation names every page that is no decision", () => {
  const index = readFileSync(join(REPOSITORY, "docs/README.md"), "utf8");
  const named = pages.map((page) => relative("docs", page)).filter((page) => !/^(\.\.|decisions|README)/.test(page));
  expect(named.filter((page) => !index.includes(`](${page})`))).toEqual([]);
});
