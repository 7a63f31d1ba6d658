import { expect, test } from "vitest";
import { edited, GOOD, reported } from "./fixture.ts";
import { fullEdited } from "./full-fixture.ts";

test("SF1201: a missing key", () => {
  expect(reported(edited(["  methods: [mean_diff, probe]\n", ""]))).toMatchInlineSnapshot(`
    "specs/test.yaml:24:1: error SF1201: The key 'methods' is missing in extraction.
      23 |
      24 | extraction:
         | ^^^^^^^^^^
      25 |   component: residual"
  `);
  expect(reported("version: 1\nexperiment: x\n")).toMatchInlineSnapshot(`
    "specs/test.yaml:1:1: error SF1201: The key 'extraction' is missing in the spec.
      1 | version: 1
        | ^
      2 | experiment: x

    specs/test.yaml:1:1: error SF1201: The key 'sources' is missing in the spec.
      1 | version: 1
        | ^
      2 | experiment: x

    specs/test.yaml:1:1: error SF1201: The key 'traits' is missing in the spec.
      1 | version: 1
        | ^
      2 | experiment: x

    specs/test.yaml:1:1: error SF1201: The key 'variants' is missing in the spec.
      1 | version: 1
        | ^
      2 | experiment: x"
  `);
  expect(reported("")).toMatchInlineSnapshot(
    `"specs/test.yaml:1:1: error SF1204: the spec must be a map; this is empty."`,
  );
});

test("SF1202: a misspelled key is one slip, told once, at the key", () => {
  expect(reported(edited(["  methods:", "  metods:"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:26:3: error SF1202: There is no key 'metods' in extraction. Did you mean 'methods'?
      25 |   component: residual
      26 |   metods: [mean_diff, probe]
         |   ^^^^^^
      27 |   matrix:"
  `);
  expect(reported(edited(["max_new_tokens: 20", "max_tokens: 20"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:20:17: error SF1202: There is no key 'max_tokens' in sources.asked.generate. Did you mean 'max_new_tokens'?
      19 |     variant: instruct
      20 |     generate: { max_tokens: 20, rollouts: 2, temperature: 1.0, seed: 42 }
         |                 ^^^^^^^^^^
      21 |   told:"
  `);
  expect(reported(edited(["application: instruct", "aplication: instruct\ncolour: red"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:8:1: error SF1202: There is no key 'aplication' in the spec. Did you mean 'application'?
      7 |   judge: { model: tiny-judge }
      8 | aplication: instruct
        | ^^^^^^^^^^
      9 | colour: red

    specs/test.yaml:9:1: error SF1202: There is no key 'colour' in the spec.
       8 | aplication: instruct
       9 | colour: red
         | ^^^^^^
      10 |
    hint: There is: version, experiment, description, variants, application, engine, judge, traits, sources, extraction, ... (15)."
  `);
});

test("SF1203: a key of a later version", () => {
  expect(reported(`${GOOD}artifacts: { tensors: pt }\n`)).toMatchInlineSnapshot(`
    "specs/test.yaml:39:1: error SF1203: The key 'artifacts' of the spec is not supported in this version.
      38 |   null_directions: 2
      39 | artifacts: { tensors: pt }
         | ^^^^^^^^^
    hint: Remove it."
  `);
});

test("SF1204: another type", () => {
  expect(reported(edited(["rollouts: 2", "rollouts: two"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:20:47: error SF1204: sources.asked.generate.rollouts must be a whole number; this is the text 'two'.
      19 |     variant: instruct
      20 |     generate: { max_new_tokens: 20, rollouts: two, temperature: 1.0, seed: 42 }
         |                                               ^^^
      21 |   told:"
  `);
  expect(reported(edited(["experiment: small", "experiment: 2024"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:2:13: error SF1204: experiment must be text; this is the number 2024.
      1 | version: 1
      2 | experiment: 2024
        |             ^^^^
      3 |
    hint: Put it in quotes: "2024"."
  `);
  expect(reported(edited(["  base: { model: tiny-base }", "  base: tiny-base"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:5:9: error SF1204: variants.base must be a map; this is the text 'tiny-base'.
      4 | variants:
      5 |   base: tiny-base
        |         ^^^^^^^^^
      6 |   instruct: { model: tiny-instruct }"
  `);
  expect(reported(edited(["application: instruct", "application:"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:8:1: error SF1204: application must be text; this is empty.
      7 |   judge: { model: tiny-judge }
      8 | application:
        | ^^^^^^^^^^^
      9 |"
  `);
  expect(reported(edited(["layers: 30%-60%", "layers: { from: 3 }"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:35:11: error SF1204: steering.layers must be text, a whole number or a list; this is a map.
      34 |   vectors: all
      35 |   layers: { from: 3 }
         |           ^^^^^^^^^^^
      36 |   max_new_tokens: 16"
  `);
  expect(reported(edited(["seed: 42", "seed: .nan"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:20:74: error SF1204: sources.asked.generate.seed must be a whole number; this is the number NaN.
      19 |     variant: instruct
      20 |     generate: { max_new_tokens: 20, rollouts: 2, temperature: 1.0, seed: .nan }
         |                                                                          ^^^^
      21 |   told:"
  `);
});

test("SF1205: not one of the values", () => {
  expect(reported(edited(["provider: cpu", "provider: cudda"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:10:21: error SF1205: engine.provider cannot be 'cudda'; it is auto, cpu, cuda or webgpu. Did you mean 'cuda'?
       9 |
      10 | engine: { provider: cudda, max_batch_tokens: 1024 }
         |                     ^^^^^
      11 | judge: { provider: local, variant: judge }"
  `);
  expect(reported(edited(["version: 1", "version: 2"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:1:10: error SF1205: version cannot be 2; it is 1.
      1 | version: 2
        |          ^
      2 | experiment: small"
  `);
  expect(reported(edited(["vectors: all", "vectors: some"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:34:12: error SF1205: steering.vectors cannot be 'some'; it is all.
      33 | steering:
      34 |   vectors: some
         |            ^^^^
      35 |   layers: 30%-60%"
  `);
  expect(reported(edited(["{ provider: local, variant: judge }", "{ provider: locl, variant: judge }"])))
    .toMatchInlineSnapshot(`
    "specs/test.yaml:11:20: error SF1205: judge.provider cannot be 'locl'; it is local or openai. Did you mean 'local'?
      10 | engine: { provider: cpu, max_batch_tokens: 1024 }
      11 | judge: { provider: locl, variant: judge }
         |                    ^^^^
      12 |"
  `);
  expect(reported(edited(["{ provider: local, variant: judge }", "{ variant: judge }"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:11:1: error SF1201: The key 'provider' is missing in judge.
      10 | engine: { provider: cpu, max_batch_tokens: 1024 }
      11 | judge: { variant: judge }
         | ^^^^^
      12 |"
  `);
});

test("a branch of the judge is checked as that branch", () => {
  expect(reported(edited(["{ provider: local, variant: judge }", "{ provider: openai, modle: gpt }"])))
    .toMatchInlineSnapshot(`
    "specs/test.yaml:11:28: error SF1202: There is no key 'modle' in judge. Did you mean 'model'?
      10 | engine: { provider: cpu, max_batch_tokens: 1024 }
      11 | judge: { provider: openai, modle: gpt }
         |                            ^^^^^
      12 |"
  `);
  expect(reported(edited(["{ provider: local, variant: judge }", "{ provider: local, model: gpt }"])))
    .toMatchInlineSnapshot(`
    "specs/test.yaml:11:1: error SF1201: The key 'variant' is missing in judge.
      10 | engine: { provider: cpu, max_batch_tokens: 1024 }
      11 | judge: { provider: local, model: gpt }
         | ^^^^^
      12 |

    specs/test.yaml:11:27: error SF1202: There is no key 'model' in judge.
      10 | engine: { provider: cpu, max_batch_tokens: 1024 }
      11 | judge: { provider: local, model: gpt }
         |                           ^^^^^
      12 |
    hint: There is: provider and variant."
  `);
});

test("SF1206: out of range", () => {
  expect(reported(edited(["seed: 42", "seed: -1"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:20:74: error SF1206: sources.asked.generate.seed must be at least 0 and at most 4294967295; this is -1.
      19 |     variant: instruct
      20 |     generate: { max_new_tokens: 20, rollouts: 2, temperature: 1.0, seed: -1 }
         |                                                                          ^^
      21 |   told:"
  `);
  expect(reported(edited(["evaluations: 3", "evaluations: 3, down: 1.5"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:37:35: error SF1206: steering.search.down must be greater than 0 and less than 1; this is 1.5.
      36 |   max_new_tokens: 16
      37 |   search: { evaluations: 3, down: 1.5 }
         |                                   ^^^
      38 |   null_directions: 2"
  `);
});

test("SF1207: another form", () => {
  expect(reported(edited(["experiment: small", "experiment: ../elsewhere"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:2:13: error SF1207: experiment must be a name of letters, digits, _, - and . that begins with a letter or digit; '../elsewhere' is not.
      1 | version: 1
      2 | experiment: ../elsewhere
        |             ^^^^^^^^^^^^
      3 |"
  `);
  expect(reported(edited(["asked: set_a/doubt", "asked: doubt"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:15:19: error SF1207: traits.doubt.asked must be a dataset, <set>/<trait>; 'doubt' is not.
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
      15 |   doubt: { asked: doubt }
         |                   ^^^^^
      16 |"
  `);
  expect(reported(edited(["  judge: { model", '  "the judge": { model'], ["variant: judge", "variant: the judge"])))
    .toMatchInlineSnapshot(`
    "specs/test.yaml:7:3: error SF1207: A key of variants must be a name of letters, digits, _, - and . that begins with a letter or digit; 'the judge' is not.
      6 |   instruct: { model: tiny-instruct }
      7 |   "the judge": { model: tiny-judge }
        |   ^^^^^^^^^^^
      8 | application: instruct"
  `);
});

test("SF1208: empty", () => {
  expect(reported(edited(["trait: [praise]", "trait: []"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:28:12: error SF1208: extraction.matrix.trait is empty; it needs at least one value.
      27 |   matrix:
      28 |     trait: []
         |            ^^
      29 |     include:"
  `);
  expect(reported(edited(["vectors: all", "vectors: {}"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:34:12: error SF1208: steering.vectors is empty; it needs at least one key.
      33 | steering:
      34 |   vectors: {}
         |            ^^
      35 |   layers: 30%-60%"
  `);
});

test("SF1209: a value twice", () => {
  expect(reported(edited(["layers: 30%-60%", "layers: [3, 3]"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:35:11: error SF1209: steering.layers has the same value twice.
      34 |   vectors: all
      35 |   layers: [3, 3]
         |           ^^^^^^
      36 |   max_new_tokens: 16
    hint: Remove one of them."
  `);
});

test("SF1210: a list with too few or too many values", () => {
  expect(reported(fullEdited(["compare: [base, instruct]", "compare: [base]"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:51:12: error SF1210: weight_analysis.compare takes 2 values; it has 1.
      50 | weight_analysis:
      51 |   compare: [base]
         |            ^^^^^^
      52 |   null_directions: 50"
  `);
  expect(reported(fullEdited(["compare: [base, instruct]", "compare: [base, instruct, judge]"])))
    .toMatchInlineSnapshot(`
    "specs/test.yaml:51:12: error SF1210: weight_analysis.compare takes 2 values; it has 3.
      50 | weight_analysis:
      51 |   compare: [base, instruct, judge]
         |            ^^^^^^^^^^^^^^^^^^^^^^^
      52 |   null_directions: 50"
  `);
});
