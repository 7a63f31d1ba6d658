import { expect, test } from "vitest";
import { planTasks } from "../../src/compiler/plan/plan.ts";
import { edited, GOOD, projectOf, reported } from "./fixture.ts";
import { FULL } from "./full-fixture.ts";
import { compileFiles } from "./rig.ts";

const digests = (spec: string, set: readonly string[] = []) => {
  const { experiment, diagnostics } = compileFiles(projectOf(spec), { set });
  expect(diagnostics).toEqual([]);
  return experiment === undefined ? [] : planTasks(experiment, new Map(), () => true).tasks.map(({ digest }) => digest);
};

test("an override is the same as the edit", () => {
  expect(digests(GOOD, ["steering.layers=[2, 3]"])).toEqual(digests(edited(["layers: 30%-60%", "layers: [2, 3]"])));
  expect(digests(GOOD, ["sources.asked.generate.seed=7", "steering.search.evaluations=4"])).toEqual(
    digests(edited(["seed: 42", "seed: 7"], ["evaluations: 3", "evaluations: 4"])),
  );
  expect(digests(GOOD, ["extraction.matrix.include.1.position=response[:3]"])).toEqual(
    digests(edited(['["response[:5]", "response[:10]"]', '"response[:3]"'])),
  );
});

test("what is not there is made; the last of several counts", () => {
  expect(digests(GOOD, ["steering.report.held_out=0.4", "steering.report.held_out=0.5"])).toEqual(digests(GOOD));
  expect(digests(FULL, ["combinations.strategies.2.layer=best"])).not.toEqual(digests(FULL));
});

test("what is wrong with an override is said at it", () => {
  const wrong = (...set: string[]) => reported(GOOD, { options: { set } });
  expect(wrong("steering.layers=0..99")).toMatchInlineSnapshot(`
    "--set steering.layers:1:17: error SF1504: Layer 8 is beyond the model's 8 layers, 0 to 7.
      1 | steering.layers=0..99
        |                 ^^^^^
    config/models/tiny-instruct.yaml:3:9: The layers of the model of 'instruct'.
      3 | layers: 8
        |         ^"
  `);
  expect(wrong("steering.serch.evaluations=4")).toMatchInlineSnapshot(`
    "--set steering.serch.evaluations:1:1: error SF1202: There is no key 'serch' in steering.
      1 | steering.serch.evaluations=4
        | ^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: There is: vectors, layers, questions, max_new_tokens, refine, report, search, null_directions and null_seed."
  `);
  expect(wrong("steering.layers={")).toMatchInlineSnapshot(`
    "--set steering.layers:1:18: error SF1101: This is not YAML: Flow map must end with a }.
      1 | steering.layers={
        |                  ^"
  `);
});

test("SF1113: a key of something that is no map", () => {
  expect(reported(GOOD, { options: { set: ["application.name=base"] } })).toMatchInlineSnapshot(`
    "--set application.name:1:1: error SF1113: 'name' cannot be set: what it would be a key of is a value or a list.
      1 | application.name=base
        | ^^^^^^^^^^^^^^^^
    specs/test.yaml:8:14: This value.
      8 | application: instruct
        |              ^^^^^^^^
    hint: Set the whole value, or name an item of a list by its index from 0."
  `);
  expect(reported(GOOD, { options: { set: ["extraction.matrix.include.7.source=asked"] } })).toMatchInlineSnapshot(`
    "--set extraction.matrix.include.7.source:1:1: error SF1113: '7' cannot be set: what it would be a key of is a value or a list.
      1 | extraction.matrix.include.7.source=asked
        | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    specs/test.yaml:30:7: This value.
      30 |       - { source: asked, position: "response[:]" }
         |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: Set the whole value, or name an item of a list by its index from 0."
  `);
});

test("a secret in an override is not shown", () => {
  const set = ["judge.api_key=sk-abcdefgh12345678ijklmnop"];
  expect(reported(GOOD, { options: { set } })).not.toContain("abcdefgh12345678");
});
