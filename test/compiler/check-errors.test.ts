import { expect, test } from "vitest";
import { edited, GOOD, reported } from "./fixture.ts";
import { okWeights } from "./rig.ts";

const model = (layers: number, hiddenSize: number): string =>
  `weights: models/none\nprompt: raw\nlayers: ${layers}\nhidden_size: ${hiddenSize}\n`;

test("SF1501: rollouts at temperature 0, with both lines", () => {
  const block = "generate:\n      max_new_tokens: 20\n      rollouts: 2\n      temperature: 0";
  const flow = "generate: { max_new_tokens: 20, rollouts: 2, temperature: 1.0, seed: 42 }";
  expect(reported(edited([flow, block]))).toMatchInlineSnapshot(`
    "specs/test.yaml:22:17: error SF1501: 2 rollouts at temperature 0 would be 2 copies of one response.
      21 |       max_new_tokens: 20
      22 |       rollouts: 2
         |                 ^
      23 |       temperature: 0
    specs/test.yaml:23:20: The temperature is 0 here.
      23 |       temperature: 0
         |                    ^
    hint: Set a temperature above 0, or rollouts: 1."
  `);
  expect(reported(edited([", temperature: 1.0", ""]))).toMatchInlineSnapshot(`
    "specs/test.yaml:20:47: error SF1501: 2 rollouts at temperature 0 would be 2 copies of one response.
      19 |     variant: instruct
      20 |     generate: { max_new_tokens: 20, rollouts: 2, seed: 42 }
         |                                               ^
      21 |   told:
    specs/test.yaml:20:5: No temperature is set here, so it is 0.
      20 |     generate: { max_new_tokens: 20, rollouts: 2, seed: 42 }
         |     ^^^^^^^^
    hint: Set a temperature above 0, or rollouts: 1."
  `);
});

test("SF1502: a budget below the widest reader", () => {
  const spec = edited(["    variant: base\n", "    variant: base\n    generate: { max_new_tokens: 8 }\n"]);
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:23:33: error SF1502: Responses of 8 tokens are too short for response[:10], which reads 10.
      22 |     variant: base
      23 |     generate: { max_new_tokens: 8 }
         |                                 ^
      24 |
    specs/test.yaml:32:52: response[:10] reads them here.
      32 |       - { source: told, position: ["response[:5]", "response[:10]"] }
         |                                                    ^^^^^^^^^^^^^^^
    hint: Set max_new_tokens to 10 or more, or leave it out: it is then inferred."
  `);
});

test("SF1502: [5:10] needs ten tokens", () => {
  const spec = edited(["max_new_tokens: 20", "max_new_tokens: 9"], ['"response[:]"', '"response[5:10]"']);
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:20:33: error SF1502: Responses of 9 tokens are too short for response[5:10], which reads 10.
      19 |     variant: instruct
      20 |     generate: { max_new_tokens: 9, rollouts: 2, temperature: 1.0, seed: 42 }
         |                                 ^
      21 |   told:
    specs/test.yaml:30:36: response[5:10] reads them here.
      30 |       - { source: asked, position: "response[5:10]" }
         |                                    ^^^^^^^^^^^^^^^^
    hint: Set max_new_tokens to 10 or more, or leave it out: it is then inferred."
  `);
});

test("SF1503: a position to the end of responses of unknown length", () => {
  expect(reported(edited(['"response[:10]"', '"response[-3:]"']))).toMatchInlineSnapshot(`
    "specs/test.yaml:31:52: error SF1503: How long should the responses be? response[-3:] reads to their end, and the source 'told' sets no max_new_tokens.
      30 |       - { source: asked, position: "response[:]" }
      31 |       - { source: told, position: ["response[:5]", "response[-3:]"] }
         |                                                    ^^^^^^^^^^^^^^^
      32 |
    specs/test.yaml:21:3: 'told' is declared here.
      21 |   told:
         |   ^^^^
    hint: Set generate: { max_new_tokens: ... } for 'told'."
  `);
});

test("SF1504: layers beyond the application", () => {
  expect(reported(edited(["layers: 30%-60%", "layers: 6..9"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:35:11: error SF1504: Layer 8 is beyond the model's 8 layers, 0 to 7.
      34 |   vectors: all
      35 |   layers: 6..9
         |           ^^^^
      36 |   max_new_tokens: 16
    config/models/tiny-instruct.yaml:3:9: The layers of the model of 'instruct'.
      3 | layers: 8
        |         ^"
  `);
  expect(reported(edited(["layers: 30%-60%", "layers: 100%-100%"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:35:11: error SF1504: 100%-100% of 8 layers is no layer.
      34 |   vectors: all
      35 |   layers: 100%-100%
         |           ^^^^^^^^^
      36 |   max_new_tokens: 16
    config/models/tiny-instruct.yaml:3:9: The layers of the model of 'instruct'.
      3 | layers: 8
        |         ^"
  `);
});

test("SF1505: layers beyond the model that the vectors come from", () => {
  const weights = { "models/none": { status: "ok", digest: "x", layers: 3, hiddenSize: 128 } } as const;
  expect(reported(GOOD, { files: { "config/models/tiny-base.yaml": model(3, 128) }, weights })).toMatchInlineSnapshot(`
    "specs/test.yaml:35:11: error SF1505: Layer 4 has no vectors: the model of 'base', which they come from, has 3 layers.
      34 |   vectors: all
      35 |   layers: 30%-60%
         |           ^^^^^^^
      36 |   max_new_tokens: 16
    config/models/tiny-base.yaml:3:9: The layers of the model of 'base'.
      3 | layers: 3
        |         ^"
  `);
});

test("SF1506: vectors of another width", () => {
  const weights = { "models/none": { status: "ok", digest: "x", layers: 8, hiddenSize: 64 } } as const;
  expect(reported(GOOD, { files: { "config/models/tiny-base.yaml": model(8, 64) }, weights })).toMatchInlineSnapshot(`
    "specs/test.yaml:22:14: error SF1506: Vectors of 'base' do not fit 'instruct': 64 and 128 numbers.
      21 |   told:
      22 |     variant: base
         |              ^^^^
      23 |
    config/models/tiny-base.yaml:4:14: The hidden size of 'base'.
      4 | hidden_size: 64
        |              ^^
    config/models/tiny-instruct.yaml:4:14: The hidden size of 'instruct'.
      4 | hidden_size: 128
        |              ^^^
    hint: A vector can only steer models of the width that it comes from."
  `);
});

test("SF1507, SF1508: steering without a judge and an application", () => {
  const spec = edited(["judge: { provider: local, variant: judge }\n", ""], ["application: instruct\n", ""]);
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:31:1: error SF1507: Steering needs a judge: nothing would score the answers.
      30 |
      31 | steering:
         | ^^^^^^^^
      32 |   vectors: all
    hint: Add judge: { provider: local, variant: ... } or judge: { provider: openai, model: ... }.

    specs/test.yaml:31:1: error SF1508: Steering needs an application: which variant is steered?
      30 |
      31 | steering:
         | ^^^^^^^^
      32 |   vectors: all
    hint: Add application: and one of the variants."
  `);
});

test("SF1509: a secret is refused, and shown nowhere", () => {
  const judge = (keys: string): string => `judge: { provider: openai, model: gpt, ${keys} }`;
  const local = "judge: { provider: local, variant: judge }";
  const secret = "sk-proj-Ab3dEf6hIj9kLm2nOp5q";
  const text = reported(edited([local, judge(`api_key: ${secret}`)]));
  expect(text).toMatchInlineSnapshot(`
    "specs/test.yaml:11:40: error SF1202: There is no key 'api_key' in judge. Did you mean 'api_key_env'?
      10 | engine: { provider: cpu, max_batch_tokens: 1024 }
      11 | judge: { provider: openai, model: gpt, api_key: XXXXXXXXXXXXXXXXXXXXXXXXXXXX }
         |                                        ^^^^^^^
      12 |

    specs/test.yaml:11:49: error SF1509: This looks like a secret; a secret is never written in a file.
      10 | engine: { provider: cpu, max_batch_tokens: 1024 }
      11 | judge: { provider: openai, model: gpt, api_key: XXXXXXXXXXXXXXXXXXXXXXXXXXXX }
         |                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      12 |
    hint: Name the environment variable that holds it: api_key_env: OPENAI_API_KEY. Take this one for known: renew it."
  `);
  const others = [
    judge(`api_key_env: ${secret}`),
    judge("api_key_env: 0123456789abcdef0123456789abcdef"),
    judge("base_url: https://user:Ab3dEf6hIj9@example.org/v1"),
    `${local} # ${secret}`,
    `${local.replace(" }", "")}, password: Ab3dEf6hIj9 }`,
  ];
  for (const other of others) {
    const report = reported(edited([local, other]));
    expect(report).toContain("SF1509");
    expect(report).not.toMatch(/3dEf6hIj9|abcdef0123/);
  }
});

test("names that only resemble secrets are fine", () => {
  const names = "sk-learn-comparison-of-methods-2024 # task-risk-disk-0123456789 hf_internationalization_of_names";
  expect(reported(edited(["experiment: small", `experiment: ${names}`]))).toBe("");
});

test.each([
  "sk-ant-api03-Ab3dEf6hIj9kLm2nOp5qRs8t-Uv1w_XyZ",
  "hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345",
  "ghp_0123456789abcdefABCDEF0123456789abcd",
  "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuv",
  "AKIAIOSFODNN7EXAMPLE",
  "AIzaSyA1234567890abcdefghijklmnopqrstuv",
  "Bearer abcdefghijklmnop0123",
])("a secret in a comment: %s", (secret) => {
  const text = reported(`${GOOD}# ${secret}\n`);
  expect(text.match(/SF\d+/g)).toEqual(["SF1509"]);
  expect(text).not.toContain(secret.slice(-12));
});

test("SF1510: a system prompt for a variant without a chat template", () => {
  const row = '{"prompt": "a", "system_prompt": "Praise."}\n';
  expect(reported(GOOD, { files: { "datasets/traits/set_b/praise/positive.jsonl": row } })).toMatchInlineSnapshot(`
    "specs/test.yaml:14:40: warning SF1510: set_b/praise has system prompts, and 'base' has no chat template: they become the beginning of the text.
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
         |                                        ^^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }
    specs/test.yaml:5:18: The model of 'base' takes text as it is.
      5 |   base: { model: tiny-base }
        |                  ^^^^^^^^^"
  `);
});

test("SF1512: a system prompt for a chat template that has no place for one", () => {
  const row = '{"prompt": "a", "system_prompt": "Praise."}\n';
  const files = { "datasets/traits/set_a/praise/positive.jsonl": row };
  const weights = { "models/instruct": { ...okWeights("i"), takesSystemPrompts: false } };
  expect(reported(GOOD, { files, weights })).toMatchInlineSnapshot(`
    "specs/test.yaml:14:20: error SF1512: set_a/praise has system prompts, and the chat template of 'instruct' has no place for one.
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
         |                    ^^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }
    specs/test.yaml:6:22: The model of 'instruct'.
      6 |   instruct: { model: tiny-instruct }
        |                      ^^^^^^^^^^^^^
    hint: Use a variant whose chat template has a system role for this source, or a dataset without system prompts."
  `);
  expect(reported(GOOD, { weights })).toBe("");
});

test("SF1601: a cell twice", () => {
  const spec = edited(['["response[:5]", "response[:10]"]', '["response[:5]", "response[0:5]"]']);
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:31:52: error SF1601: The source 'told' is read at response[:5] twice.
      30 |       - { source: asked, position: "response[:]" }
      31 |       - { source: told, position: ["response[:5]", "response[0:5]"] }
         |                                                    ^^^^^^^^^^^^^^^
      32 |
    specs/test.yaml:31:36: The first time.
      31 |       - { source: told, position: ["response[:5]", "response[0:5]"] }
         |                                    ^^^^^^^^^^^^^^
    hint: Remove one of them."
  `);
});

test("SF1602: a trait or a method twice", () => {
  expect(reported(edited(["[mean_diff, probe]", "[probe, probe]"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:26:20: error SF1602: 'probe' is in this list twice.
      25 |   component: residual
      26 |   methods: [probe, probe]
         |                    ^^^^^
      27 |   matrix:
    specs/test.yaml:26:13: The first one.
      26 |   methods: [probe, probe]
         |             ^^^^^
    hint: Remove one of them."
  `);
});

test("SF1603: an exclude row that matches nothing", () => {
  const spec = edited(["steering:", '    exclude: [{ source: asked, position: "response[:5]" }]\n\nsteering:']);
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:33:15: error SF1603: This row excludes nothing: no cell of the matrix has all its values.
      32 |
      33 |     exclude: [{ source: asked, position: "response[:5]" }]
         |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      34 |
    hint: Remove the row, or mend its values."
  `);
});

test("SF1604: a filter that matches nothing", () => {
  expect(reported(edited(["vectors: all", 'vectors: { source: told, position: "response[:]" }'])))
    .toMatchInlineSnapshot(`
    "specs/test.yaml:34:12: error SF1604: No vector has all these values, so nothing would be steered.
      33 | steering:
      34 |   vectors: { source: told, position: "response[:]" }
         |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      35 |   layers: 30%-60%
    hint: Use values that the extraction matrix has, or vectors: all."
  `);
});

test("SF1605: everything excluded", () => {
  const spec = edited(["steering:", "    exclude: [{ trait: praise }]\n\nsteering:"]);
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:33:15: error SF1605: The exclude rows leave no cell of the matrix.
      32 |
      33 |     exclude: [{ trait: praise }]
         |               ^^^^^^^^^^^^^^^^^
      34 |"
  `);
});

test("SF1606: two sources, one artifact", () => {
  const spec = edited(
    ["praise: { asked: set_a/praise, told: set_b/praise }", "praise: { asked: set_a/praise, told: set_a/praise }"],
    [
      "    variant: base\n",
      "    variant: instruct\n    generate: { max_new_tokens: 20, rollouts: 2, temperature: 0.5, seed: 42 }\n",
    ],
  );
  expect(reported(spec)).toMatchInlineSnapshot(`
    "specs/test.yaml:23:5: error SF1606: responses/set_a/praise/instruct would be made in two ways: temperature is 1 in one and 0.5 in the other.
      22 |     variant: instruct
      23 |     generate: { max_new_tokens: 20, rollouts: 2, temperature: 0.5, seed: 42 }
         |     ^^^^^^^^
      24 |
    specs/test.yaml:20:5: The other one.
      20 |     generate: { max_new_tokens: 20, rollouts: 2, temperature: 1.0, seed: 42 }
         |     ^^^^^^^^
    hint: Make them agree, or give one of them a dataset of its own."
  `);
});

test("everything at once", () => {
  const spec = edited(
    ["application: instruct", "application: instrct"],
    ["temperature: 1.0", "temperature: 0, sed: 1"],
    ["set_b/praise", "set_b/prase"],
    ["layers: 30%-60%", "layers: 60%-30%"],
    ["  methods:", "  method:"],
    ["[mean_diff, probe]", "[mean_diff, prob]"],
  );
  expect(reported(spec).match(/SF\d+/g)).toEqual([
    "SF1301",
    "SF1402",
    "SF1501",
    "SF1202",
    "SF1202",
    "SF1304",
    "SF1307",
  ]);
});

test("SF1511: responses beyond the model's context", () => {
  const short = "weights: models/instruct\nprompt: chat\nlayers: 8\nhidden_size: 128\ncontext: 16\n";
  expect(reported(GOOD, { files: { "config/models/tiny-instruct.yaml": short } })).toMatchInlineSnapshot(`
    "specs/test.yaml:20:33: error SF1511: Responses of 20 tokens leave no room for a prompt in 'instruct'.
      19 |     variant: instruct
      20 |     generate: { max_new_tokens: 20, rollouts: 2, temperature: 1.0, seed: 42 }
         |                                 ^^
      21 |   told:
    config/models/tiny-instruct.yaml:5:10: Its context is 16 tokens.
      5 | context: 16
        |          ^^
    hint: Set fewer than 16.

    specs/test.yaml:36:19: error SF1511: Responses of 16 tokens leave no room for a prompt in 'instruct'.
      35 |   layers: 30%-60%
      36 |   max_new_tokens: 16
         |                   ^^
      37 |   search: { evaluations: 3 }
    config/models/tiny-instruct.yaml:5:10: Its context is 16 tokens.
      5 | context: 16
        |          ^^
    hint: Set fewer than 16.

    config/models/tiny-instruct.yaml:5:10: error SF1414: context is 16 here, and 1024 in models/instruct/config.json.
      4 | hidden_size: 128
      5 | context: 16
        |          ^^
    hint: Write context: 1024."
  `);
});
