/** The house's laws, each with a file that breaks it and a file that keeps it. */
export interface Law {
  readonly name: string;
  readonly rule: string;
  readonly broken: readonly [path: string, source: string];
  readonly kept: readonly [path: string, source: string];
}

const RESTRICTED_IMPORT = "eslint(no-restricted-imports)";
const RESTRICTED_GLOBAL = "eslint(no-restricted-globals)";
const RESTRICTED_PROPERTY = "eslint(no-restricted-properties)";

/** What each folder of src may import, besides itself. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  util: [],
  math: ["util"],
  domain: ["util"],
  diagnostics: ["util"],
  methods: ["util", "math", "domain", "diagnostics"],
  compiler: ["util", "math", "domain", "diagnostics", "methods"],
  engine: ["util", "math", "domain"],
  runtime: ["util", "math", "domain", "diagnostics", "methods", "compiler", "engine"],
  report: ["util", "math", "domain", "diagnostics", "methods", "compiler", "runtime"],
  cli: ["util", "math", "domain", "diagnostics", "methods", "compiler", "runtime", "report"],
};
export const PURE: readonly string[] = ["util", "math", "domain", "diagnostics", "methods", "compiler"];

/** The one file of src that may import each package. */
export const DOORS: Readonly<Record<string, string>> = {
  yaml: "compiler/parse/yaml.ts",
  ajv: "runtime/schemas.ts",
  execa: "runtime/provenance.ts",
  handlebars: "runtime/template.ts",
  listr2: "report/progress/listr.ts",
  "@observablehq/plot": "report/pictures/plot.ts",
  "linkedom/worker": "report/pictures/plot.ts",
  "onnxruntime-node": "engine/onnx/runtime.ts",
  "@huggingface/hub": "runtime/weights/hub-listing.ts",
  "@huggingface/tokenizers": "engine/tokenizer.ts",
  "@huggingface/jinja": "engine/chat-template.ts",
};

export const laws: readonly Law[] = [
  ...directionLaws(),
  ...doorLaws(),
  ...purityLaws(),
  {
    name: "the engine's door is its index",
    rule: RESTRICTED_IMPORT,
    broken: ["src/runtime/door.ts", `export { target } from "../engine/deep/target.ts";`],
    kept: ["src/runtime/door-kept.ts", `export { target } from "../engine/index.ts";`],
  },
  {
    name: "direction holds for type imports",
    rule: RESTRICTED_IMPORT,
    broken: ["src/methods/type.ts", `import type { Target } from "../runtime/index.ts";\nexport type T = Target;`],
    kept: ["src/methods/type-kept.ts", `import type { Target } from "../math/index.ts";\nexport type T = Target;`],
  },
  {
    name: "direction holds for dynamic imports, at any depth",
    rule: RESTRICTED_IMPORT,
    broken: ["src/methods/a/b/dynamic.ts", `export const later = () => import("../../../runtime/index.ts");`],
    kept: ["src/methods/a/b/dynamic-kept.ts", `export const later = () => import("../../../math/index.ts");`],
  },
  {
    name: "no cycles, type imports included",
    rule: "import(no-cycle)",
    broken: ["src/domain/cycle-a.ts", `import type { B } from "./cycle-b.ts";\nexport type A = B | 1;`],
    kept: ["src/domain/no-cycle.ts", `import type { Target } from "./index.ts";\nexport type A = Target;`],
  },
  {
    name: "only report and cli use the console",
    rule: "eslint(no-console)",
    broken: ["src/runtime/console.ts", `console.log("hello");`],
    kept: ["src/cli/console.ts", `console.log("hello");`],
  },
  ...["stdout", "stderr", "stdin", "exit"].map((property): Law => ({
    name: `only report and cli use process.${property}`,
    rule: RESTRICTED_PROPERTY,
    broken: [`src/engine/process-${property}.ts`, `export const it = process.${property};`],
    kept: [`src/report/process-${property}.ts`, `export const it = process.${property};`],
  })),
  {
    name: "the terminal is not reached through a module either",
    rule: RESTRICTED_IMPORT,
    broken: ["src/runtime/terminal.ts", `export { stdout } from "node:process";`],
    kept: ["src/cli/terminal.ts", `export { stdout } from "node:process";`],
  },
  {
    name: "hashing is all that pure code takes from node:crypto",
    rule: RESTRICTED_IMPORT,
    broken: ["src/compiler/random.ts", `export { randomBytes } from "node:crypto";`],
    kept: ["src/compiler/hash.ts", `export { createHash } from "node:crypto";`],
  },
  {
    name: "at most 400 lines a file",
    rule: "eslint(max-lines)",
    broken: ["src/cli/long.ts", `export const lines = 401;${"\n// a line".repeat(400)}`],
    kept: ["src/cli/not-too-long.ts", `export const lines = 400;${"\n// a line".repeat(399)}`],
  },
  {
    name: "no default exports",
    rule: "import(no-default-export)",
    broken: ["src/cli/default.ts", "export default 1;"],
    kept: ["some.config.ts", "export default 1;"],
  },
  {
    name: "no namespaces",
    rule: "typescript(no-namespace)",
    broken: ["src/cli/namespace.ts", "export namespace N {\n  export const a = 1;\n}"],
    kept: ["src/cli/no-namespace.ts", "export const N = { a: 1 };"],
  },
  {
    name: "no empty catch",
    rule: "eslint(no-empty)",
    broken: ["src/cli/catch.ts", "try {\n  JSON.parse(``);\n} catch {}"],
    kept: ["src/cli/catch-kept.ts", "export let bad = false;\ntry {\n  JSON.parse(``);\n} catch {\n  bad = true;\n}"],
  },
  {
    name: "kebab-case file names",
    rule: "unicorn(filename-case)",
    broken: ["src/cli/camelCase.ts", "export const a = 1;"],
    kept: ["src/cli/kebab-case.ts", "export const a = 1;"],
  },
  {
    name: "node's modules by their full names",
    rule: "unicorn(prefer-node-protocol)",
    broken: ["src/cli/protocol.ts", `export { readFileSync } from "fs";`],
    kept: ["src/cli/protocol-kept.ts", `export { readFileSync } from "node:fs";`],
  },
];

function directionLaws(): Law[] {
  return Object.entries(LAYERS).flatMap(([layer, below]) =>
    Object.keys(LAYERS)
      .filter((other) => other !== layer && !below.includes(other))
      .map((above): Law => ({
        name: `${layer} does not import ${above}`,
        rule: RESTRICTED_IMPORT,
        broken: [`src/${layer}/imports-${above}.ts`, `export { target } from "../${above}/index.ts";`],
        kept: [
          `src/${layer}/imports-below.ts`,
          [...below.map((name) => `../${name}/index.ts`), "./index.ts"]
            .map((path, index) => `export { target as t${index} } from "${path}";`)
            .join("\n"),
        ],
      })),
  );
}

function doorLaws(): Law[] {
  return Object.entries(DOORS).flatMap(([name, door]) => {
    const source = `export { anything } from "${name}";`;
    const kept: [string, string] = [`src/${door}`, source];
    const file = name.replaceAll(/\W/g, "-");
    return ["compiler", "engine", "runtime", "report", "cli"].map((layer): Law => ({
      name: `${name} has one door: not ${layer}`,
      rule: RESTRICTED_IMPORT,
      broken: [`src/${layer}/${file}.ts`, source],
      kept,
    }));
  });
}

function purityLaws(): Law[] {
  const modules = ["node:fs", "node:fs/promises", "node:os", "node:process", "node:child_process", "some-package"];
  const globals = ["Date", "performance", "process", "console", "globalThis", "crypto", "fetch", "setTimeout"];
  return PURE.flatMap((layer) => [
    ...modules.map((name): Law => ({
      name: `no ${name} in ${layer}`,
      rule: RESTRICTED_IMPORT,
      broken: [`src/${layer}/module-${name.replaceAll(/\W/g, "-")}.ts`, `export { anything } from "${name}";`],
      kept: ["src/runtime/disk.ts", `export { readFileSync } from "node:fs";`],
    })),
    ...globals.map((name): Law => ({
      name: `no ${name} in ${layer}`,
      rule: RESTRICTED_GLOBAL,
      broken: [`src/${layer}/global-${name.toLowerCase()}.ts`, `export const it = ${name};`],
      kept: ["src/runtime/clock.ts", "export const now = () => Date.now();"],
    })),
    {
      name: `no Math.random in ${layer}`,
      rule: RESTRICTED_PROPERTY,
      broken: [`src/${layer}/math-random.ts`, "export const it = Math.random();"],
      kept: [`src/${layer}/math-sqrt.ts`, "export const it = Math.sqrt(2);"],
    },
  ]);
}
