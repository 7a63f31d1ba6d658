import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { escapeMarkdown } from "../../../src/report/experiment/markdown.ts";
import { createProject } from "../../rig/project.ts";
import { plant } from "./planted.ts";
import { markdownOf, pageOf } from "./render.ts";

const HOSTILE = `</script><img src=x onerror="alert(1)"> <!--<script> {{experiment}} {{{style}}}`;

/** What the page's script reads. */
function dataIn(page: string): {
  readonly questions: readonly string[];
  readonly sets: readonly { readonly by: string; readonly isBest: boolean; readonly answers: readonly unknown[][] }[];
} {
  const [, json] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
  return JSON.parse(json as string) as ReturnType<typeof dataIn>;
}

test("text from data is no markup in Markdown; names of vector sets stay readable", () => {
  expect(escapeMarkdown("a|b <b>*x*\n# y")).toBe(String.raw`a\|b \<b>\*x\* # y`);
  expect(escapeMarkdown("response[:5] mean_diff +1.0")).toBe("response[:5] mean_diff +1.0");
});

test("a whole experiment as Markdown, word for word", async () => {
  await expect(await markdownOf(plant())).toMatchFileSnapshot("golden/report.md");
});

test("the same artifacts give the same bytes", async () => {
  expect(await pageOf(plant())).toBe(await pageOf(plant()));
});

describe("hostile text in questions and answers", () => {
  test("ends no element of the page, and is kept as it is for its script", async () => {
    const page = await pageOf(plant({ questions: [HOSTILE, "Two?"], answer: HOSTILE }));
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toContain("<img");
    const { questions, sets } = dataIn(page);
    expect(questions[0]).toBe(HOSTILE);
    expect(sets[0]?.answers[0]?.[1]).toBe(HOSTILE);
  });

  test("is escaped where the page shows names", async () => {
    const made = plant();
    const page = await pageOf({ ...made, experiment: { ...made.experiment, name: HOSTILE } });
    expect(page).toContain("<h1>&lt;/script&gt;&lt;img src&#x3D;x onerror&#x3D;&quot;alert(1)&quot;&gt;");
    expect(page.match(/<script/g)).toHaveLength(2);
  });

  test("the page's policy allows its own script and nothing else", async () => {
    const page = await pageOf(plant());
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    expect(policy?.replaceAll("&#x27;", "'").replace(/sha256-[^']+/, "DIGEST")).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'DIGEST'",
    );
    expect(/(?:src|href)="(?!#)/.test(page)).toBe(false);
  });
});

describe("the page's size", () => {
  // Eleven sets of 8 answers: three vector sets twice, the combination, and two system prompts of each dataset.
  const ALL = 11;

  test("stays below 5 MB: the best evaluations are kept, and how many are left out is said", async () => {
    const page = await pageOf(plant({ answer: "<", times: 20_000 }));
    expect(Buffer.byteLength(page)).toBeLessThanOrEqual(5_000_000);
    const { sets } = dataIn(page);
    expect(sets.length).toBeLessThan(ALL);
    expect(sets.every(({ isBest }) => isBest)).toBe(true);
    expect(page).toContain(`${ALL - sets.length} evaluations of ${ALL} are left out, so that this page stays small`);
  });

  test("with all of them when they fit, and nothing said", async () => {
    const page = await pageOf(plant());
    expect(dataIn(page).sets).toHaveLength(ALL);
    expect(page).not.toContain("left out");
  });

  test("pictures that do not fit are left out, those of vector sets that are not the best first, and counted", async () => {
    const page = await pageOf(plant(), 130_000);
    expect(page.match(/The pictures of .* are left out/g)).toEqual(["The pictures of 2 of 4 are left out"]);
    const titles = [...page.matchAll(/<h3>tiny_\S+ (\S+) mean_diff: best/g)].map(([, position]) => position);
    expect(titles).toEqual(["response[:10]"]);
  });
});

describe("what is missing is said", () => {
  test("with nothing but extraction", async () => {
    const markdown = await markdownOf(plant({ isDone: ({ phase }) => phase === "extraction" }));
    expect(markdown.match(/^- \[.*$/gm)).toMatchInlineSnapshot(`
      [
        "- [x] All vector sets are extracted: 3 of 3",
        "- [ ] A best vector is found for every source, position and method: 0 of 3 (not known yet)",
        "- [ ] It is known whether the position matters: nothing to compare yet (not known yet)",
        "- [ ] Combinations are tested, and compared with the best single vector: 0 of 1 compared, 0 beyond the best single vector (not known yet)",
        "- [ ] The change of the weights is analysed: nothing yet (not known yet)",
        "- [ ] The similarity profile is computed, and correlated with transfer: 0 of 1 profile, 0 correlations with transfer (not known yet)",
      ]
    `);
    expect(markdown.match(/^\*.*\*$/gm)).toMatchInlineSnapshot(`
      [
        "**What has run so far**",
        "**Vector sets**",
        "*Not run yet, or out of date: nothing here is known. steerform plan says why and what is left to do.*",
        "*Not run yet, or out of date: nothing here is known. steerform plan says why and what is left to do.*",
        "*Not run yet, or out of date: nothing here is known. steerform plan says why and what is left to do.*",
        "*Not run yet, or out of date: nothing here is known. steerform plan says why and what is left to do.*",
      ]
    `);
    expect(markdown).toContain("| steering | not run | 0 of ");
  });

  test("with a search that failed", async () => {
    const failed = "steering/tiny_natural/sycophancy/base/response__10/mean_diff";
    const made = plant({ isDone: ({ id, needs }) => id !== failed && !needs.includes(failed) });
    const markdown = await markdownOf(made);
    expect(markdown.match(/^\*.*\*$/gm)).toMatchInlineSnapshot(`
      [
        "**At a glance: Δ of the trait score (95% interval), on questions that chose nothing**",
        "**What has run so far**",
        "**Vector sets**",
        "*Missing, not run or out of date: 2 of 9 tasks: steering/tiny_natural/sycophancy/base/response\\_\\_10/mean_diff, selection/sycophancy/natural. steerform plan says why and what is left to do.*",
        "**sycophancy: the best of every vector set at coherence ≥ 70**",
        "**Combinations beside the best vector of each source**",
        "**Combinations and single vectors, each less each other**",
        "**Logit lens: tokens that each layer's change points toward, and away from**",
        "**Cosine of every vector set and the change, at the layer where it is largest**",
        "*Missing, not run or out of date: 1 of 4 tasks: similarity/base. steerform plan says why and what is left to do.*",
      ]
    `);
    expect(markdown).toContain(
      "- [ ] A best vector is found for every source, position and method: 2 of 3, at coherence ≥ 70 (not known yet)",
    );
  });
});

test("the report of an experiment that never ran is an error, and makes no folder", async () => {
  const project = createProject();
  const { exitCode, stderr } = await project.run("report");
  expect({ exitCode, stderr }).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "error: small has nothing to report yet: none of its tasks has run.
    hint: steerform apply runs them; steerform plan says what that takes.",
    }
  `);
  expect(() => readFileSync(project.path("experiments"))).toThrow("ENOENT");
});

test("a run writes its report: it answers, and is a small page without a network", async () => {
  const project = createProject();
  await project.apply();
  const page = project.read("experiments/small/reports/report.html");
  expect(page.length).toBeLessThan(5_000_000);
  expect(page).toContain("<svg");
  expect(project.read("experiments/small/reports/report.md")).toContain("**Which vector steers sycophancy best");
  const { stdout } = await project.run("report", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    ok: true,
    files: ["experiments/small/reports/report.md", "experiments/small/reports/report.html"],
  });
});
