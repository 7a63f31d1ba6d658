import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REPOSITORY } from "../rig/project.ts";
import { canOpenTerminal, runInTerminal, type Session } from "../rig/terminal.ts";

interface Packed {
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

const folder = mkdtempSync(join(tmpdir(), "steerform-package-"));
const project = join(folder, "stranger");
let packed: Packed;

/** Nothing of the checkout that the tests run in, and no network but npm's. */
const ENV = { TERMINAL_LIMIT_S: "600", HF_HUB_OFFLINE: "1", HF_HOME: join(folder, "huggingface"), NODE_PATH: "" };

// Scripts are off, as the README says: ONNX Runtime's would download a CUDA library.
beforeAll(async () => {
  // Built before, by npm run test:slow.
  const { stdout } = await execa("npm", ["pack", "--json", "--pack-destination", folder], { cwd: REPOSITORY });
  [packed] = JSON.parse(stdout) as [Packed];
  await execa("mkdir", [project]);
  await execa("npm", ["install", "--ignore-scripts", "--prefer-offline", join(folder, packed.filename)], {
    cwd: project,
  });
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the package", () => {
  test("holds what is run and read, and nothing of its development", () => {
    const paths = packed.files.map(({ path }) => path);
    const places = [
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/steerform\.js)$/,
      /^dist\/[\w/.-]+\.(js|cjs)$/,
      /^(schema\/[\w.-]+\.json|config\/models\/[\w.-]+\.yaml|specs\/\w+\.yaml|templates\/[\w/.-]+|datasets\/[\w/.-]+)$/,
      /^models\/tiny\/(README\.md|(base|instruct|judge)\/[\w.]+)$/,
      /^docs\/[\w/.-]+\.(md|svg)$/,
    ];
    expect(paths.filter((path) => !places.some((place) => place.test(path)))).toEqual([]);
    const text = paths
      .filter((path) => path.startsWith("dist/"))
      .map((path) => readFileSync(join(REPOSITORY, path), "utf8"));
    expect(text.filter((one) => one.includes("sourceMappingURL"))).toEqual([]);
  });

  test("is as large as the documentation says: below 10 MB, and 15 MB unpacked", () => {
    expect(packed.size).toBeLessThan(10e6);
    expect(packed.unpackedSize).toBeLessThan(15e6);
  });

  test("runs the demo where it is installed", async () => {
    const spec = "node_modules/steerform/specs/demo.yaml";
    const args = ["steerform", "apply", spec, "--yes", "--target", "vectors/tiny_natural/sycophancy/*"];
    const { stdout } = await execa("npx", args, { cwd: project, env: ENV });
    expect(stdout).toMatch(/Apply complete: \d+ tasks done/);
  });
});

describe.skipIf(!canOpenTerminal)("a stranger, with the package alone,", () => {
  const study = join(project, "study");
  const began = performance.now();
  const step = (
    cwd: string,
    keys: readonly (readonly [string, string])[],
    ...args: readonly string[]
  ): Promise<Session> => runInTerminal(["npx", "steerform", ...args], cwd, keys, ENV);
  const lastLine = ({ screen }: Session): string | undefined => screen.trimEnd().split("\n").at(-1);

  test("makes a project, and goes on as each command says", async () => {
    const init = await step(project, [], "init", "study");
    expect([init.exitCode, init.screen]).toEqual([
      0,
      expect.stringContaining("\n  cd study\n  npx steerform validate "),
    ]);

    const validate = await step(study, [], "validate");
    expect([validate.exitCode, lastLine(validate)]).toEqual([0, "Next: npx steerform plan shows what it takes."]);

    const plan = await step(study, [], "plan");
    expect(lastLine(plan)).toBe("Next: npx steerform apply runs it; stop it at any time, it goes on from there.");
    expect(plan.screen).toContain("Plan: 19 tasks: 19 to create, 0 to rerun, 0 up to date.");

    const apply = await step(study, [["Run 19 tasks? [y/N] ", "y\r"]], "apply");
    const page = "experiments/sycophancy/reports/report.html";
    expect([apply.exitCode, lastLine(apply)]).toEqual([0, `Next: open ${page} in a browser.`]);
    expect(apply.screen).toContain("Best sycophancy vector: ");
    expect(readFileSync(join(study, page), "utf8")).toContain("<title>");

    const again = await step(study, [], "apply");
    expect([again.exitCode, again.screen]).toEqual([0, expect.stringContaining("19 up to date")]);

    const report = await step(study, [], "report");
    expect([report.exitCode, existsSync(join(study, page))]).toEqual([0, true]);
    const results = await step(study, [], "show", "results");
    expect(results.screen).toContain("Best sycophancy vector: ");
    expect(performance.now() - began).toBeLessThan(600_000);
  });

  test("is told what a mistake is, from files of the package, too", async () => {
    const wrong = await step(study, [], "validate", "--set", "steering.layers=[99]");
    expect([wrong.exitCode, wrong.screen]).toEqual([1, expect.stringContaining("error SF1504")]);
    const explained = await step(study, [], "explain", "SF1504");
    expect(explained.screen).toContain("SF1504: ");
  });
});
