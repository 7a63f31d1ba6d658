import { expect, test } from "vitest";
import { reported } from "./fixture.ts";
import { fullEdited } from "./full-fixture.ts";

test("SF1701: a section that needs steering", () => {
  const spec = fullEdited();
  const [from, to] = [spec.indexOf("steering:\n"), spec.indexOf("combinations:")];
  expect(reported(spec.slice(0, from) + spec.slice(to))).toMatchInlineSnapshot(`
    "specs/test.yaml:33:1: error SF1701: combinations needs steering: nothing is found without it.
      32 |
      33 | combinations:
         | ^^^^^^^^^^^^
      34 |   sources: [asked, told]
    hint: Add a steering section, or remove this one.

    specs/test.yaml:51:3: error SF1701: checkpoints.after_steering needs steering: nothing is found without it.
      50 |   after_extraction: { expect: { vector_sets: 6, layers_each: 8 } }
      51 |   after_steering: { require: { coherence: 70 }, stop_if: no_effect }
         |   ^^^^^^^^^^^^^^
    hint: Add a steering section, or remove this one."
  `);
});

test("SF1702: a source without steered vectors", () => {
  expect(reported(fullEdited(["vectors: all", "vectors: { source: asked }"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:44:20: error SF1702: No vector of 'praise' from the source 'told' is steered, so none can be combined.
      43 | combinations:
      44 |   sources: [asked, told]
         |                    ^^^^
      45 |   strategies:
    specs/test.yaml:28:13: 'praise' is in the matrix here.
      28 |     trait: [praise]
         |             ^^^^^^
    hint: Extract and steer it (extraction.matrix, steering.vectors), or leave the source out."
  `);
});

test("SF1703: a layer or a coefficient that cannot be read", () => {
  const spec = fullEdited(["layer: best(told)", "layer: best of told"], ["0.5 * best", "half of best"]);
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:46:49: error SF1703: 'best of told' is not where to steer, such as best, best(natural), own or 14.
      45 |   strategies:
      46 |     - { name: sum_at_told, vectors: sum, layer: best of told }
         |                                                 ^^^^^^^^^^^^
      47 |     - { name: halves, vectors: each, layer: own, coefficient: half of best }

    specs/test.yaml:47:63: error SF1703: 'half of best' is not a coefficient, such as search, 0.5 * best or 6.5.
      46 |     - { name: sum_at_told, vectors: sum, layer: best of told }
      47 |     - { name: halves, vectors: each, layer: own, coefficient: half of best }
         |                                                               ^^^^^^^^^^^^
      48 |     - { name: at_four, vectors: sum, layer: 4, coefficient: 6.5 }"
  `);
});

test("SF1704: the best of a source that is not combined", () => {
  expect(reported(fullEdited(["best(told)", "best(other)"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:46:49: error SF1704: best(other) is of a source that is not combined here.
      45 |   strategies:
      46 |     - { name: sum_at_told, vectors: sum, layer: best(other) }
         |                                                 ^^^^^^^^^^^
      47 |     - { name: halves, vectors: each, layer: own, coefficient: 0.5 * best }
    specs/test.yaml:44:13: Combined are asked and told.
      44 |   sources: [asked, told]
         |             ^^^^^"
  `);
});

test("SF1705, SF1706: a sum with layers or shares of its own", () => {
  expect(reported(fullEdited(["vectors: each", "vectors: sum"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:47:44: error SF1705: The sum of 'halves' is one vector: it has no layers of its own to be steered at.
      46 |     - { name: sum_at_told, vectors: sum, layer: best(told) }
      47 |     - { name: halves, vectors: sum, layer: own, coefficient: 0.5 * best }
         |                                            ^^^
      48 |     - { name: at_four, vectors: sum, layer: 4, coefficient: 6.5 }
    hint: Use vectors: each, or a layer such as best.

    specs/test.yaml:47:62: error SF1706: A share of each vector's best makes no coefficient for 'halves', which is one sum.
      46 |     - { name: sum_at_told, vectors: sum, layer: best(told) }
      47 |     - { name: halves, vectors: sum, layer: own, coefficient: 0.5 * best }
         |                                                              ^^^^^^^^^^
      48 |     - { name: at_four, vectors: sum, layer: 4, coefficient: 6.5 }
    hint: Use vectors: each, or coefficient: search."
  `);
});

test("SF1707: two strategies of one name", () => {
  expect(reported(fullEdited(["name: halves", "name: sum_at_told"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:47:15: error SF1707: Two strategies are named 'sum_at_told'.
      46 |     - { name: sum_at_told, vectors: sum, layer: best(told) }
      47 |     - { name: sum_at_told, vectors: each, layer: own, coefficient: 0.5 * best }
         |               ^^^^^^^^^^^
      48 |     - { name: at_four, vectors: sum, layer: 4, coefficient: 6.5 }
    specs/test.yaml:46:15: The first one.
      46 |     - { name: sum_at_told, vectors: sum, layer: best(told) }
         |               ^^^^^^^^^^^
    hint: Give one of them another name."
  `);
});

test("SF1708: a variant beside itself", () => {
  const spec = fullEdited(
    ["compare: [base, instruct]", "compare: [base, base]"],
    ["replay: [base]", "replay: [instruct]"],
  );
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:51:19: error SF1708: 'base' is compared with itself.
      50 | weight_analysis:
      51 |   compare: [base, base]
         |                   ^^^^
      52 |   null_directions: 50
    specs/test.yaml:51:13: The same variant.
      51 |   compare: [base, base]
         |             ^^^^
    hint: Compare the variant before training with the one after it.

    specs/test.yaml:57:12: error SF1708: 'instruct' is compared with itself.
      56 |   generate: { variant: instruct, max_new_tokens: 12 }
      57 |   replay: [instruct]
         |            ^^^^^^^^
      58 |
    specs/test.yaml:56:24: The same variant.
      56 |   generate: { variant: instruct, max_new_tokens: 12 }
         |                        ^^^^^^^^
    hint: Compare the variant before training with the one after it."
  `);
});

test("SF1709: variants of different shapes", () => {
  const files = {
    "config/models/tiny-base.yaml": "weights: models/base\nprompt: raw\nlayers: 12\nhidden_size: 128\n",
  };
  const weights = { "models/base": { status: "ok", digest: "base", layers: 12, hiddenSize: 128 } } as const;
  const spec = fullEdited(["layers_each: 8", "layers_each: 12"]);
  expect(reported(spec, { files, weights })).toMatchInlineSnapshot(`
    "specs/test.yaml:51:19: error SF1709: 'base' has 12 layers of 128, 'instruct' has 8 layers of 128: they cannot be compared layer by layer.
      50 | weight_analysis:
      51 |   compare: [base, instruct]
         |                   ^^^^^^^^
      52 |   null_directions: 50
    config/models/tiny-base.yaml:3:9: The model of 'base'.
      3 | layers: 12
        |         ^^
    config/models/tiny-instruct.yaml:3:9: The model of 'instruct'.
      3 | layers: 8
        |         ^
    hint: Compare two variants of one architecture.

    specs/test.yaml:57:12: error SF1709: 'instruct' has 8 layers of 128, 'base' has 12 layers of 128: they cannot be compared layer by layer.
      56 |   generate: { variant: instruct, max_new_tokens: 12 }
      57 |   replay: [base]
         |            ^^^^
      58 |
    config/models/tiny-instruct.yaml:3:9: The model of 'instruct'.
      3 | layers: 8
        |         ^
    config/models/tiny-base.yaml:3:9: The model of 'base'.
      3 | layers: 12
        |         ^^
    hint: Compare two variants of one architecture.

    specs/test.yaml:60:62: error SF1712: The checkpoint expects 12 layers a set, and 'instruct' has 8.
      59 | checkpoints:
      60 |   after_extraction: { expect: { vector_sets: 6, layers_each: 12 } }
         |                                                              ^^
      61 |   after_steering: { require: { coherence: 70 }, stop_if: no_effect }
    config/models/tiny-instruct.yaml:3:9: The layers of the model of 'instruct'.
      3 | layers: 8
        |         ^"
  `);
});

test("SF1710: alignments without a null", () => {
  expect(reported(fullEdited(["null_directions: 50", "null_directions: 0"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:52:20: warning SF1710: Without random directions no alignment can be told from chance.
      51 |   compare: [base, instruct]
      52 |   null_directions: 0
         |                    ^
      53 |
    hint: Set null_directions: 200."
  `);
});

test("SF1711, SF1712: a checkpoint that must fail", () => {
  expect(reported(fullEdited(["{ vector_sets: 6, layers_each: 8 }", "{ vector_sets: 8, layers_each: 32 }"])))
    .toMatchInlineSnapshot(`
      "specs/test.yaml:60:46: error SF1711: The checkpoint expects 8 vector sets of each trait, and the matrix makes 6 of 'praise'.
        59 | checkpoints:
        60 |   after_extraction: { expect: { vector_sets: 8, layers_each: 32 } }
           |                                              ^
        61 |   after_steering: { require: { coherence: 70 }, stop_if: no_effect }
      specs/test.yaml:27:3: The matrix.
        27 |   matrix:
           |   ^^^^^^
      hint: One of the two is not what you mean.

      specs/test.yaml:60:62: error SF1712: The checkpoint expects 32 layers a set, and 'base' has 8.
        59 | checkpoints:
        60 |   after_extraction: { expect: { vector_sets: 8, layers_each: 32 } }
           |                                                              ^^
        61 |   after_steering: { require: { coherence: 70 }, stop_if: no_effect }
      config/models/tiny-base.yaml:3:9: The layers of the model of 'base'.
        3 | layers: 8
          |         ^

      specs/test.yaml:60:62: error SF1712: The checkpoint expects 32 layers a set, and 'instruct' has 8.
        59 | checkpoints:
        60 |   after_extraction: { expect: { vector_sets: 8, layers_each: 32 } }
           |                                                              ^^
        61 |   after_steering: { require: { coherence: 70 }, stop_if: no_effect }
      config/models/tiny-instruct.yaml:3:9: The layers of the model of 'instruct'.
        3 | layers: 8
          |         ^"
    `);
});

test("SF1713: more questions than there are", () => {
  expect(reported(fullEdited(["questions: 2", "questions: 20"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:39:14: error SF1713: 20 questions are to be asked, and set_a/praise has 2.
      38 |   null_directions: 2
      39 |   questions: 20
         |              ^^
      40 |   refine: { layers: best, points: 4 }
    hint: Write questions: all, or at most 2.

    specs/test.yaml:39:14: error SF1713: 20 questions are to be asked, and set_b/praise has 2.
      38 |   null_directions: 2
      39 |   questions: 20
         |              ^^
      40 |   refine: { layers: best, points: 4 }
    hint: Write questions: all, or at most 2."
  `);
});

test("SF1714: sources of a trait that are asked different things", () => {
  const files = {
    "datasets/traits/set_b/praise/steering.json": '{ "questions": ["How is my house?", "And my garden?"] }',
  };
  expect(reported(fullEdited(), { files })).toMatchInlineSnapshot(`
    "specs/test.yaml:14:40: warning SF1714: set_b/praise and set_a/praise ask different questions: results of 'praise' do not compare.
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
         |                                        ^^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }
    specs/test.yaml:14:20: set_a/praise is named here.
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
         |                    ^^^^^^^^^^^^
    hint: Give both sources of a trait the same steering.json."
  `);
});

test("SF1715: nothing left on one side", () => {
  expect(reported(fullEdited(["held_out: 0.5", "held_out: 0.1"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:41:23: error SF1715: A share of 0.1 of the 2 questions of set_a/praise leaves one side without any.
      40 |   refine: { layers: best, points: 4 }
      41 |   report: { held_out: 0.1 }
         |                       ^^^
      42 |
    hint: Write more questions, or another share: report: { held_out: 0.5 }.

    specs/test.yaml:41:23: error SF1715: A share of 0.1 of the 2 questions of set_b/praise leaves one side without any.
      40 |   refine: { layers: best, points: 4 }
      41 |   report: { held_out: 0.1 }
         |                       ^^^
      42 |
    hint: Write more questions, or another share: report: { held_out: 0.5 }."
  `);
});

test("SF1716: nothing held out", () => {
  expect(reported(fullEdited(["held_out: 0.5", "held_out: 0"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:41:23: warning SF1716: The best vector is chosen on the questions that it is then reported on: its Δ looks better than it is.
      40 |   refine: { layers: best, points: 4 }
      41 |   report: { held_out: 0 }
         |                       ^
      42 |
    hint: Write held_out: 0.5, or leave it out: half of the questions choose, the other half report."
  `);
});

const SERVER = "judge: { provider: openai, model: gpt, ";

test("SF1717: beyond the budget", () => {
  const local = "judge: { provider: local, variant: judge }";
  expect(reported(fullEdited([local, `${SERVER}budget: { calls: 100 } }`]))).toMatchInlineSnapshot(`
    "specs/test.yaml:11:57: error SF1717: The experiment asks for up to 476 judge calls; the budget is 100.
      10 | engine: { provider: cpu, max_batch_tokens: 1024 }
      11 | judge: { provider: openai, model: gpt, budget: { calls: 100 } }
         |                                                         ^^^
      12 |
    hint: Most go to steering (264), refine (144), combination (60)."
  `);
  const price = "price: { input: 1000, output: 2000 }";
  expect(reported(fullEdited([local, `${SERVER}budget: { usd: 5 }, ${price} }`]))).toMatchInlineSnapshot(`
    "specs/test.yaml:11:55: error SF1717: The experiment asks for up to $127.57 of judging; the budget is $5.00.
      10 | engine: { provider: cpu, max_batch_tokens: 1024 }
      11 | judge: { provider: openai, model: gpt, budget: { usd: 5 }, price: { input: 1000, output: 2000 } }
         |                                                       ^
      12 |
    hint: Most go to steering (264), refine (144), combination (60)."
  `);
});

test("SF1718: a budget in dollars, and no price", () => {
  const spec = fullEdited(["judge: { provider: local, variant: judge }", `${SERVER}budget: { usd: 5 } }`]);
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:11:55: error SF1718: A budget in dollars needs the judge's price.
      10 | engine: { provider: cpu, max_batch_tokens: 1024 }
      11 | judge: { provider: openai, model: gpt, budget: { usd: 5 } }
         |                                                       ^
      12 |
    hint: Add price: { input: ..., output: ... } to judge, in dollars a million tokens."
  `);
});

test("SF1719: a type that the provider does not compute in", () => {
  const spec = fullEdited(["engine: { provider: cpu, ", "engine: { provider: cpu, dtype: bfloat16, "]);
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:10:33: error SF1719: The provider cpu computes in float32, not in bfloat16.
       9 |
      10 | engine: { provider: cpu, dtype: bfloat16, max_batch_tokens: 1024 }
         |                                 ^^^^^^^^
      11 | judge: { provider: local, variant: judge }
    specs/test.yaml:10:21: The provider is chosen here.
      10 | engine: { provider: cpu, dtype: bfloat16, max_batch_tokens: 1024 }
         |                     ^^^
    hint: Write dtype: auto, or another provider."
  `);
  const webgpu = fullEdited(["engine: { provider: cpu, ", "engine: { provider: webgpu, dtype: bfloat16, "]);
  expect(reported(webgpu)).toContain("The provider webgpu computes in float16 or float32, not in bfloat16.");
});

test("SF1720: devices of a provider without", () => {
  const spec = fullEdited(["engine: { provider: cpu, ", "engine: { provider: cpu, devices: [0, 1], "]);
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:10:35: error SF1720: Devices are GPUs of CUDA: the provider cpu has none.
       9 |
      10 | engine: { provider: cpu, devices: [0, 1], max_batch_tokens: 1024 }
         |                                   ^^^^^^
      11 | judge: { provider: local, variant: judge }
    specs/test.yaml:10:21: The provider is chosen here.
      10 | engine: { provider: cpu, devices: [0, 1], max_batch_tokens: 1024 }
         |                     ^^^
    hint: Leave devices out, or write provider: cuda. On the CPU, workers says how many processes run models at once."
  `);
});

test("SF1721: workers beside devices", () => {
  const spec = fullEdited(["engine: { provider: cpu, ", "engine: { devices: auto, workers: 2, "]);
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:10:35: error SF1721: Devices have a process each: there are no workers beside them.
       9 |
      10 | engine: { devices: auto, workers: 2, max_batch_tokens: 1024 }
         |                                   ^
      11 | judge: { provider: local, variant: judge }
    specs/test.yaml:10:20: The devices are named here.
      10 | engine: { devices: auto, workers: 2, max_batch_tokens: 1024 }
         |                    ^^^^
    hint: Leave workers out."
  `);
});
