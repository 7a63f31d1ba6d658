import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { answer, serveJudge } from "../rig/judge-server.ts";
import { steerform } from "../rig/steerform.ts";
import { tempFolder } from "../rig/temp-folder.ts";
import { hub } from "../rig/weights-project.ts";

/** Less of everything than the spec asks for. */
const LESS = [
  "sources.instruction.generate.max_new_tokens=8",
  "sources.instruction.generate.rollouts=1",
  "extraction.methods=[mean_diff]",
  "steering.layers=[3]",
  "steering.max_new_tokens=8",
  "steering.search.evaluations=1",
  "steering.null_directions=1",
];

test("a project on a model of the hub applies: its weights are downloaded, and a server judges", async () => {
  const { env, sent } = await hub();
  const { baseUrl, requests } = await serveJudge((_, __, response) => answer(response, { "70": 0.5, "90": 0.5 }));
  const folder = tempFolder();
  await steerform(["init", "--model", "org/tiny"], folder, env);
  const set = [...LESS, `judge.base_url=${baseUrl}`].flatMap((one) => ["--set", one]);
  const { exitCode, text } = await steerform(["apply", "--yes", ...set], folder, { ...env, OPENAI_API_KEY: "sk-mine" });
  expect([exitCode, text]).toEqual([0, expect.stringContaining("Best sycophancy vector: pv_instruction/sycophancy")]);
  expect(sent()).toHaveLength(1);
  expect(new Set(requests.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer sk-mine"]));
  const page = readFileSync(join(folder, "experiments/sycophancy/reports/report.html"), "utf8");
  expect(page).not.toContain("sk-mine");
});
