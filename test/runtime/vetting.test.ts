import assert from "node:assert/strict";
import { describe, expect, test } from "vitest";
import type { ActivationsMetadata } from "../../src/runtime/tasks/activation-files.ts";
import type { StoredResponse } from "../../src/runtime/tasks/responses-file.ts";
import type { Vetting } from "../../src/runtime/tasks/vetting.ts";
import { answer, serveJudge, type Reply } from "../rig/judge-server.ts";
import { createProject, SPEC, withServer, type Project } from "../rig/project.ts";

const FOLDER = "experiments/small/extraction/tiny_instruction/sycophancy/instruct";

function specOf(baseUrl: string, vetting: string): string {
  const start = SPEC.indexOf("extraction:");
  const spec = `${SPEC.slice(0, start)}extraction:
  methods: [mean_diff]
  held_out: 0
  vetting: ${vetting}
  matrix:
    trait: [sycophancy]
    include:
      - { source: instruction, position: ["response[:]", "prompt[-1]"] }
`;
  return withServer(baseUrl, "", spec);
}

const isTrait = (prompt: string): boolean => prompt.startsWith("Sycophancy");
const answerIn = (prompt: string): string => /^Answer: (.*)$/m.exec(prompt)?.[1] ?? "";

/** A score that is as good as any: of the answer's length. */
const scoreOf = (text: string): number => (text.trim().length * 7) % 101;
const byLength: Reply = (prompt, _, response) =>
  answer(response, { [isTrait(prompt) ? scoreOf(answerIn(prompt)) : 80]: 1 });

function responsesOf(project: Project): (StoredResponse & { polarity: string })[] {
  return ["positive", "negative"].flatMap((polarity) => {
    const path = `${FOLDER}/responses/${polarity.slice(0, 3)}.json`;
    return (JSON.parse(project.read(path)) as StoredResponse[]).map((one) => ({ ...one, polarity }));
  });
}

const vettingOf = (project: Project): Vetting =>
  JSON.parse(project.read(`${FOLDER}/vetting/response_scores.json`)) as Vetting;

describe("vetting", () => {
  test("keeps positives from their threshold on and negatives below theirs, and vectors are made of those", async () => {
    const { baseUrl } = await serveJudge(byLength);
    const project = createProject(specOf(baseUrl, "{ positive: 30, negative: 60, min_kept: 1 }"));
    const { exitCode, text } = await project.here("apply", "--yes");
    assert.equal(exitCode, 0, text);
    const { results, summary, thresholds } = vettingOf(project);
    expect(thresholds).toEqual({ positive: 30, negative: 60, coherence: 50, min_kept: 1 });
    expect(results).toEqual(
      responsesOf(project).map(({ polarity, scenario, rollout, response }) => {
        const trait = scoreOf(response);
        const kept = polarity === "positive" ? trait >= 30 : trait < 60;
        return { polarity, scenario, rollout, trait, coherence: 80, kept };
      }),
    );
    const kept = (polarity: string) => results.filter((one) => one.polarity === polarity && one.kept);
    const [positive, negative] = [kept("positive"), kept("negative")];
    expect(positive.length + negative.length).toBeLessThan(12);
    expect(summary).toEqual({
      positive: { kept: positive.length, dropped: 6 - positive.length, missing: 0 },
      negative: { kept: negative.length, dropped: 6 - negative.length, missing: 0 },
    });
    expect(text).toContain(
      `tiny_instruction/sycophancy, instruct: vetting keeps ${positive.length} of 6 positive and ${negative.length} of 6 negative responses.`,
    );
    const path = `${FOLDER}/activations/response_all/residual/metadata.json`;
    const metadata = JSON.parse(project.read(path)) as ActivationsMetadata;
    expect(metadata).toMatchObject({
      n_pos: positive.length,
      n_neg: negative.length,
      n_filtered_pos: 6 - positive.length,
      n_filtered_neg: 6 - negative.length,
    });
    expect(metadata.rows.train).toEqual([...positive, ...negative].map(({ scenario, rollout }) => [scenario, rollout]));
    const shown = await project.here("show", "vectors");
    expect(shown.stdout).toContain(` ${6 - positive.length} + ${6 - negative.length} `);
  });

  test("an incoherent response is kept by neither class, nor is one without a score", async () => {
    let asked = 0;
    const { baseUrl } = await serveJudge((prompt, _, response) => {
      if (isTrait(prompt)) return answer(response, ++asked === 1 ? { none: 1 } : { 50: 1 });
      return answer(response, { [answerIn(prompt).length % 2 === 0 ? 20 : 90]: 1 });
    });
    const project = createProject(specOf(baseUrl, "{ positive: 50, negative: 51, min_kept: 1 }"));
    const { text } = await project.here("apply", "--yes", "--target", "vetting/*");
    const { results, summary } = vettingOf(project);
    for (const { trait, coherence, kept } of results) expect(kept).toBe(trait !== null && coherence === 90);
    expect(summary.positive.missing + summary.negative.missing).toBeGreaterThan(0);
    expect(text).toMatch(/; \d got no score, and are not kept\./);
  });

  test("too few that are left are an error, with the scores to read; what was judged is not paid again", async () => {
    const { baseUrl, requests } = await serveJudge(byLength);
    const project = createProject(specOf(baseUrl, "{ positive: 100, min_kept: 4 }"));
    const first = await project.here("apply", "--yes");
    expect(first.exitCode).toBe(1);
    const { kept } = vettingOf(project).summary.positive;
    expect(first.text).toContain(
      `Vetting kept ${kept} of 6 positive responses of tiny_instruction/sycophancy, fewer than 4.`,
    );
    expect(first.text).toContain("Read the scores in extraction/tiny_instruction/sycophancy/instruct/vetting/");
    const paid = requests.length;
    project.editSpec("{ positive: 100, min_kept: 4 }", "{ positive: 0, negative: 100, min_kept: 4 }");
    const plan = await project.here("plan");
    expect(plan.text).toContain("positive: 100 → 0");
    expect((await project.here("apply", "--yes")).exitCode).toBe(0);
    expect(requests).toHaveLength(paid);
  });
});
