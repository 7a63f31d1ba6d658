import fc from "fast-check";
import { expect, test } from "vitest";
import { Document, parse } from "yaml";
import type { Compilation } from "../../src/compiler/compile.ts";
import { digestOf } from "../../src/compiler/digest.ts";
import { fingerprintOf, taskDigests } from "../../src/compiler/fingerprint/fingerprint.ts";
import type { Task } from "../../src/domain/task.ts";
import { edited, FILES, GOOD, projectOf } from "./fixture.ts";
import { FULL } from "./full-fixture.ts";
import { compileFiles, okWeights, SPEC } from "./rig.ts";

function experimentOf({ experiment, diagnostics }: Compilation) {
  if (experiment === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return experiment;
}

function digests(tasks: readonly Task[]): Record<string, string> {
  return Object.fromEntries(taskDigests(tasks));
}

const digestsOf = (spec: string, ...args: [Parameters<typeof projectOf>[1]?]): Record<string, string> =>
  digests(experimentOf(compileFiles(projectOf(spec, ...args))).tasks);

const good = digestsOf(GOOD);

/** The ids whose digests differ between two specs, and those that only one of them has. */
function difference(other: Record<string, string>): string[] {
  const ids = [...new Set([...Object.keys(good), ...Object.keys(other)])];
  return ids.filter((id) => good[id] !== other[id]).toSorted();
}

/** The spec with every map's keys in another order, as flow or block YAML. */
const rewritten = fc
  .tuple(fc.infiniteStream(fc.nat()), fc.boolean(), fc.integer({ min: 1, max: 6 }))
  .map(([numbers, flow, indent]) => {
    const shuffle = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffle);
      if (typeof value !== "object" || value === null) return value;
      const entries = Object.entries(value).map(([key, inner]) => ({
        key,
        inner: shuffle(inner),
        at: numbers.next().value,
      }));
      return Object.fromEntries(entries.toSorted((a, b) => a.at - b.at).map(({ key, inner }) => [key, inner]));
    };
    const value = shuffle(parse(GOOD));
    if (flow) return `${JSON.stringify(value, null, indent)}\n`;
    const document = new Document(value);
    document.commentBefore = " a comment";
    return document.toString({ indent });
  });

test("property: key order, comments and formatting change no task and no digest", () => {
  fc.assert(
    fc.property(rewritten, (spec) => {
      expect(Object.entries(digestsOf(spec))).toEqual(Object.entries(good));
    }),
    { numRuns: 40 },
  );
});

test("the same spec and inputs give the same tasks, byte for byte, in another folder too", () => {
  const here = experimentOf(compileFiles(projectOf(GOOD)));
  const there = experimentOf(compileFiles({ ...projectOf(GOOD), root: "/elsewhere/of/another" }));
  expect(JSON.stringify(there.tasks)).toBe(JSON.stringify(here.tasks));
  expect(there.digest).toBe(here.digest);
  expect(JSON.stringify(here.tasks)).not.toContain("/project");
  expect(there.folder).toBe("/elsewhere/of/another/experiments/small");
});

test("names of sources, engine settings and prose are no identity", () => {
  const renamed = GOOD.replaceAll("told", "natural").replace("provider: cpu, max_batch_tokens: 1024", "provider: cuda");
  expect(difference(digestsOf(`description: new\n${renamed}`))).toEqual([]);
});

test("a trait's name is what its answers are judged by, and nothing of extraction", () => {
  const changed = difference(digestsOf(GOOD.replaceAll("praise:", "flattery:").replace("[praise]", "[flattery]")));
  expect(changed.length).toBeGreaterThan(0);
  expect(changed.filter((id) => !/^(baseline|steering|results)/.test(id))).toEqual([]);
});

test("a position more adds its own activations, vectors and steering, and the results change", () => {
  const changed = difference(digestsOf(edited(['"response[:10]"]', '"response[:10]", "response[:3]"]'])));
  expect(changed).toEqual([
    "activations/set_b/praise/base/response__3",
    "results",
    "steering/set_b/praise/base/response__3/mean_diff",
    "steering/set_b/praise/base/response__3/probe",
    "vectors/set_b/praise/base/response__3/mean_diff",
    "vectors/set_b/praise/base/response__3/probe",
  ]);
});

test("a seed of extraction is that of methods that draw, and of no others", () => {
  const seeded = edited(["[mean_diff, probe]", "[mean_diff, probe, random]"]);
  const before = digestsOf(seeded);
  const after = digestsOf(seeded.replace("component: residual", "component: residual\n  seed: 1"));
  const changed = Object.keys(before).filter((id) => before[id] !== after[id]);
  expect(changed.filter((id) => id.startsWith("vectors/"))).toEqual([
    "vectors/set_a/praise/instruct/response_all/random",
    "vectors/set_b/praise/base/response__5/random",
    "vectors/set_b/praise/base/response__10/random",
  ]);
});

test("what is held out of the scenarios is no part of responses, and of all that is made of them", () => {
  const changed = difference(digestsOf(edited(["component: residual", "component: residual\n  held_out: 0.2"])));
  expect(Object.keys(good).filter((id) => !changed.includes(id))).toEqual([
    "responses/set_a/praise/instruct",
    "responses/set_b/praise/base",
    "baseline/set_a/praise/instruct",
    "baseline/set_b/praise/instruct",
  ]);
});

test("a wider position needs longer responses, and all that is made of them", () => {
  const changed = difference(digestsOf(edited(['"response[:10]"]', '"response[:10]", "response[:12]"]'])));
  expect(changed).toContain("responses/set_b/praise/base");
  expect(changed.filter((id) => id.includes("set_a"))).toEqual([]);
});

test("layers are steering's alone", () => {
  expect(difference(digestsOf(edited(["30%-60%", "[2, 3]"]))).filter((id) => !/^(steering|results)/.test(id))).toEqual(
    [],
  );
  expect(difference(digestsOf(edited(["30%-60%", "2..4"])))).toEqual([]);
});

test("inputs reach what reads them", () => {
  const questions = { "datasets/traits/set_b/praise/steering.json": '{"questions": ["Other?", "Another?"]}' };
  expect(difference(digestsOf(GOOD, { files: questions })).filter((id) => !id.startsWith("steering/set_b"))).toEqual([
    "baseline/set_b/praise/instruct",
    "results",
  ]);
  const judge = { weights: { "models/judge": okWeights("another digest") } };
  expect(difference(digestsOf(GOOD, judge)).filter((id) => !/^(baseline|steering|results)/.test(id))).toEqual([]);
  const base = difference(digestsOf(GOOD, { weights: { "models/base": okWeights("another digest") } }));
  expect(base).toContain("responses/set_b/praise/base");
  expect(base.filter((id) => id.includes("set_a"))).toEqual([]);
});

test("a trait may have judge templates of its own, and only its tasks read them", () => {
  const own = { files: { "templates/judge/trait.praise.hbs": "Praise? {{answer}}" } };
  const [first] = difference(digestsOf(GOOD, own));
  expect(first).toBe("baseline/set_a/praise/instruct");
  const other = { files: { "templates/judge/trait.doubt.hbs": "Doubt? {{answer}}" } };
  expect(difference(digestsOf(GOOD, other))).toEqual([]);
});

test("how a model is spoken to is identity, for what it answers and for what it judges", () => {
  const spokenTo = (model: string, from: string, to: string): string[] => {
    const file = `config/models/${model}.yaml`;
    return difference(digestsOf(GOOD, { files: { [file]: (FILES[file] as string).replace(from, to) } }));
  };
  expect(spokenTo("tiny-base", "raw", "chat")).toContain("responses/set_b/praise/base");
  expect(spokenTo("tiny-judge", "chat", "raw")[0]).toBe("baseline/set_a/praise/instruct");
});

test("how a dataset's file is written is no identity, its rows are", () => {
  const file = "datasets/traits/set_a/praise/positive.jsonl";
  const spaced = (FILES[file] as string).replaceAll(":", " : ").replaceAll("\n", "\r\n\r\n");
  expect(difference(digestsOf(GOOD, { files: { [file]: spaced } }))).toEqual([]);
  const other = difference(digestsOf(GOOD, { files: { [file]: '{"prompt": "b"}' } }));
  expect(other[0]).toBe("activations/set_a/praise/instruct/response_all");
});

test("what greedy decoding does not use is no identity", () => {
  const greedy = (more: string): Record<string, string> =>
    digestsOf(edited(["rollouts: 2, temperature: 1.0, seed: 42", `temperature: 0${more}`]));
  expect(greedy(", seed: 7, top_p: 0.5")).toEqual(greedy(""));
});

test.each([
  ["the questions", {}, { "datasets/traits/set_a/praise/steering.json": '{"questions": ["Other?", "Another?"]}' }],
  ["the number of questions", { "max_new_tokens: 16": "max_new_tokens: 16\n  questions: 2" }, {}],
  ["the answers' length", { "max_new_tokens: 16": "max_new_tokens: 17" }, {}],
  ["the judge", { "{ provider: local, variant: judge }": "{ provider: openai, model: gpt }" }, {}],
  ["the judge's prompt", {}, { "templates/judge/coherence.hbs": "Is it sound? {{question}} {{answer}}" }],
  ["the judge's words", {}, { "templates/judge/coherence.hbs": "{{question}} {{answer}} [bad | good]" }],
  ["the rubric", {}, { "datasets/traits/set_a/praise/definition.txt": "Praise: any.\n" }],
  ["the steered model", { "application: instruct": "application: base" }, {}],
] as const)("what a search was made with is what it is resumed by, %s too: trap 7", (_, edits, files) => {
  const search = "steering/set_a/praise/instruct/response_all/mean_diff";
  const other = digestsOf(edited(...Object.entries(edits)), { files });
  expect(other[search]).toBeDefined();
  expect(other[search]).not.toBe(good[search]);
});

test("a digest is that of the fingerprint's stable JSON", () => {
  const { tasks } = experimentOf(compileFiles(projectOf(FULL)));
  const made = taskDigests(tasks);
  for (const task of tasks) {
    expect(made.get(task.id)).toBe(digestOf({ ...fingerprintOf(task, made) }));
    expect(made.get(task.id)).toMatch(/^[0-9a-f]{64}$/);
  }
});

test("golden fingerprints: a change here reruns everyone's experiments", () => {
  const { tasks } = experimentOf(compileFiles({ ...projectOf(GOOD), files: { ...FILES, [SPEC]: GOOD } }));
  const first = (kind: Task["kind"]) =>
    fingerprintOf(tasks.find((task) => task.kind === kind) as Task, taskDigests(tasks));
  expect(first("responses")).toMatchInlineSnapshot(`
    {
      "inputs": {
        "prompt_format": "chat",
        "rows": "ed6cdb2d1054a7b6f8f1e5cfbd2a0c351270aa8eebead53042898c90ba61c5f8",
        "weights": "digest of instruct",
      },
      "kind": "responses",
      "params": {
        "dataset": "set_a/praise",
        "dtype": "auto",
        "maxNewTokens": 20,
        "rollouts": 2,
        "seed": 42,
        "temperature": 1,
        "topP": 1,
        "variant": "instruct",
      },
      "upstream": {},
      "version": "1",
    }
  `);
  expect(first("steering")).toMatchInlineSnapshot(`
    {
      "inputs": {
        "definition": "4a75e90ee1382977645e0e3b7c532e0be61a67a41c8e7d12e0a066c685dcb11a",
        "judge_coherence_template": "7e5867ef93e6f2a52930cf28feef384541be0bc70ec546ab93d2497005feff3c",
        "judge_prompt_format": "chat",
        "judge_trait_template": "d48387dec6368ac45bb376783b5728ab3daa4c96c2a892e4ab93ad6020ec8924",
        "judge_weights": "digest of judge",
        "prompt_format": "chat",
        "questions": "cb43daa17c98e1aeeea9d1eb19023d7a8da4713cdff48eba031a449d995c2f1a",
        "weights": "digest of instruct",
      },
      "kind": "steering",
      "params": {
        "application": "instruct",
        "component": "residual",
        "dataset": "set_a/praise",
        "dtype": "auto",
        "heldOut": 0.5,
        "judge": {
          "provider": "local",
          "variant": "judge",
        },
        "layers": [
          2,
          3,
          4,
        ],
        "maxNewTokens": 16,
        "method": "mean_diff",
        "nullDirections": 2,
        "nullSeed": 0,
        "position": "response[:]",
        "questions": "all",
        "search": {
          "algorithm": "adaptive",
          "down": 0.85,
          "evaluations": 3,
          "minCoherence": 70,
          "momentum": 0.1,
          "start": 0.7,
          "up": 1.3,
        },
        "trait": "praise",
        "variant": "instruct",
      },
      "upstream": {
        "baseline/set_a/praise/instruct": "b88ea867113bdde246d143db63e27a99576fd96f24611e8b366baad730c050a0",
        "vectors/set_a/praise/instruct/response_all/mean_diff": "640bdcc536d19e77b462cdab4e201a065e5a415ca48ec920bf40016d9556f0d3",
      },
      "version": "2",
    }
  `);
  expect(good["results"]).toMatchInlineSnapshot(`"c735cf874bcf6fe84cbdf8d0f26c2cf9f4244c10936fe9670973cc37f597bc42"`);
});
