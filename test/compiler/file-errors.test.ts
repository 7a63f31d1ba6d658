import { expect, test } from "vitest";
import { edited, GOOD, reported } from "./fixture.ts";
import { missingWeights } from "./rig.ts";

const PRAISE = "datasets/traits/set_b/praise";

const withFile = (name: string, text: string | undefined): string =>
  reported(GOOD, { files: { [`${PRAISE}/${name}`]: text } });

test("SF1401: an unknown model", () => {
  expect(reported(edited(["tiny-base", "tiny-bass"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:5:18: error SF1401: There is no model 'tiny-bass': config/models/tiny-bass.yaml is missing. Did you mean 'tiny-base'?
      4 | variants:
      5 |   base: { model: tiny-bass }
        |                  ^^^^^^^^^
      6 |   instruct: { model: tiny-instruct }"
  `);
  expect(reported(edited(["tiny-base", "llama"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:5:18: error SF1401: There is no model 'llama': config/models/llama.yaml is missing.
      4 | variants:
      5 |   base: { model: llama }
        |                  ^^^^^
      6 |   instruct: { model: tiny-instruct }
    hint: config/models has: tiny-base, tiny-instruct and tiny-judge."
  `);
});

test("SF1402: an unknown dataset", () => {
  expect(reported(edited(["set_b/praise", "set_b/prais"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:14:40: error SF1402: There is no dataset 'set_b/prais': datasets/traits/set_b/prais is missing. Did you mean 'set_b/praise'?
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: set_b/prais }
         |                                        ^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }"
  `);
  expect(reported(edited(["set_b/praise", "elsewhere/other"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:14:40: error SF1402: There is no dataset 'elsewhere/other': datasets/traits/elsewhere/other is missing.
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: elsewhere/other }
         |                                        ^^^^^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }
    hint: datasets/traits has: set_a/doubt, set_a/praise and set_b/praise."
  `);
});

test("SF1403: a file of a dataset is missing", () => {
  expect(withFile("positive.jsonl", undefined)).toMatchInlineSnapshot(`
    "specs/test.yaml:14:40: error SF1403: The dataset has no datasets/traits/set_b/praise/positive.jsonl (nor positive.txt).
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
         |                                        ^^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }
    hint: One JSON object a line, or a prompt a line in a .txt file of the same name."
  `);
  expect(withFile("definition.txt", undefined)).toMatchInlineSnapshot(`
    "specs/test.yaml:14:40: error SF1403: The dataset has no datasets/traits/set_b/praise/definition.txt.
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
         |                                        ^^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }
    hint: The judge needs it: what an answer that scores 0, 50 and 100 is like."
  `);
  expect(withFile("steering.json", undefined)).toMatchInlineSnapshot(`
    "specs/test.yaml:14:40: error SF1403: The dataset has no datasets/traits/set_b/praise/steering.json.
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
         |                                        ^^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }
    hint: It holds what steered models are asked: {"questions": ["...", "..."]}."
  `);
});

test("SF1404: an empty dataset", () => {
  expect(withFile("negative.jsonl", "\n \n")).toMatchInlineSnapshot(`
    "specs/test.yaml:14:40: error SF1404: datasets/traits/set_b/praise/negative.jsonl has no prompt in it.
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
         |                                        ^^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }"
  `);
});

test("SF1405, SF1406: malformed rows, at their lines", () => {
  const text = '{"prompt": "a"}\n{"prompt": \n\n  ["a"]\n{"text": "a"}\n{"prompt": "a", "system_prompt": 3}\n';
  expect(withFile("positive.jsonl", text)).toMatchInlineSnapshot(`
    "datasets/traits/set_b/praise/positive.jsonl:2:1: error SF1405: This line is not JSON.
      1 | {"prompt": "a"}
      2 | {"prompt":
        | ^^^^^^^^^^
      3 |
    hint: A row is one JSON object a line: {"prompt": "..."}.

    datasets/traits/set_b/praise/positive.jsonl:4:3: error SF1406: This row is not a JSON object.
      3 |
      4 |   ["a"]
        |   ^^^^^
      5 | {"text": "a"}
    hint: A row is {"prompt": "...", "system_prompt": "..."}; the second is optional.

    datasets/traits/set_b/praise/positive.jsonl:5:1: error SF1406: This row has no prompt.
      4 |   ["a"]
      5 | {"text": "a"}
        | ^^^^^^^^^^^^^
      6 | {"prompt": "a", "system_prompt": 3}
    hint: A row is {"prompt": "...", "system_prompt": "..."}; the second is optional.

    datasets/traits/set_b/praise/positive.jsonl:6:1: error SF1406: This row has a system_prompt that is not text.
      5 | {"text": "a"}
      6 | {"prompt": "a", "system_prompt": 3}
        | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: A row is {"prompt": "...", "system_prompt": "..."}; the second is optional."
  `);
});

test("SF1407: many malformed rows", () => {
  expect(withFile("positive.jsonl", "x\n".repeat(40)).split("\n\n").slice(4).join("\n\n")).toMatchInlineSnapshot(`
    "datasets/traits/set_b/praise/positive.jsonl:5:1: error SF1405: This line is not JSON.
      4 | x
      5 | x
        | ^
      6 | x
    hint: A row is one JSON object a line: {"prompt": "..."}.

    datasets/traits/set_b/praise/positive.jsonl:6:1: error SF1407: 35 more rows of this file from here on cannot be read.
      5 | x
      6 | x
        | ^
      7 | x"
  `);
});

test("SF1408: an empty definition", () => {
  expect(withFile("definition.txt", " \n")).toMatchInlineSnapshot(`
    "specs/test.yaml:14:40: error SF1408: datasets/traits/set_b/praise/definition.txt is empty; it is the judge's rubric.
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
         |                                        ^^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }"
  `);
});

test("SF1409: questions that are none", () => {
  expect(withFile("steering.json", "{")).toMatchInlineSnapshot(`
    "datasets/traits/set_b/praise/steering.json:1:1: error SF1409: datasets/traits/set_b/praise/steering.json is not JSON.
      1 | {
        | ^
    hint: It is {"questions": ["...", "..."]}."
  `);
  expect(withFile("steering.json", "[]")).toContain('has no list "questions".');
  expect(withFile("steering.json", "null")).toContain('has no list "questions".');
  expect(withFile("steering.json", '{"questions": []}')).toContain("has no questions.");
  expect(withFile("steering.json", '{"questions": ["a", " "]}')).toContain("has a question 2 that is not text.");
});

test("SF1410: an eval_prompt", () => {
  expect(withFile("steering.json", '{"questions": ["How is my poem?", "And my song?"], "eval_prompt": "b"}'))
    .toMatchInlineSnapshot(`
      "datasets/traits/set_b/praise/steering.json:1:1: warning SF1410: datasets/traits/set_b/praise/steering.json has an eval_prompt, which this version does not use.
        1 | {"questions": ["How is my poem?", "And my song?"], "eval_prompt": "b"}
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      hint: The judge reads templates/judge/trait.hbs."
    `);
});

test("SF1411: a judge template is missing", () => {
  expect(reported(GOOD, { files: { "templates/judge/trait.hbs": undefined } })).toMatchInlineSnapshot(`
    "specs/test.yaml:33:1: error SF1411: The judge has no template: templates/judge/trait.hbs is missing.
      32 |
      33 | steering:
         | ^^^^^^^^
      34 |   vectors: all"
  `);
});

const withEnding = (ending: string, spec = GOOD): string =>
  reported(spec, {
    files: { "templates/judge/trait.praise.hbs": `{{answer}}\n\nThe mood of this text is ${ending}\n` },
  });

test("SF1417: a choice that is not between two different words", () => {
  expect(withEnding("[happy | sad]")).toBe("");
  expect(withEnding("[happy, sad]")).toBe("");
  expect(withEnding("[happy | ]")).toMatchInlineSnapshot(`
    "templates/judge/trait.praise.hbs:3:26: error SF1417: A judge chooses between two words, and these are not two different ones.
      2 |
      3 | The mood of this text is [happy | ]
        |                          ^^^^^^^^^^
    hint: Write the word of a score of 0, then that of 100: [happy | sad]."
  `);
  for (const ending of ["[|sad]", "[sad|sad]", "[sad|happy|calm]"]) expect(withEnding(ending)).toContain("SF1417");
});

test("SF1418: words for a judge behind a server", () => {
  const server = edited(["{ provider: local, variant: judge }", "{ provider: openai, model: m }"]);
  expect(withEnding("[happy | sad]", server)).toMatchInlineSnapshot(`
    "templates/judge/trait.praise.hbs:3:26: error SF1418: Only a local judge can choose between words, and this spec's judge is a server.
      2 |
      3 | The mood of this text is [happy | sad]
        |                          ^^^^^^^^^^^^^
    hint: Let templates/judge/trait.praise.hbs end in a question for one whole number from 0 to 100, or set judge: { provider: local, variant: ... }."
  `);
});

test("SF1412: missing weights are a warning, and an error when they are needed", () => {
  const weights = { "models/base": missingWeights("models/base") };
  expect(reported(GOOD, { weights })).toMatchInlineSnapshot(`
    "specs/test.yaml:5:18: warning SF1412: The weights of 'base' are not here: models/base does not exist.
      4 | variants:
      5 |   base: { model: tiny-base }
        |                  ^^^^^^^^^
      6 |   instruct: { model: tiny-instruct }
    hint: Download them."
  `);
  expect(reported(GOOD, { weights, options: { weights: "present" } })).toContain(":5:18: error SF1412:");
});

test("weights of a variant that runs nothing are not looked for", () => {
  const spec = edited([
    "  judge: { model: tiny-judge }",
    "  judge: { model: tiny-judge }\n  spare: { model: tiny-spare }",
  ]);
  const files = {
    "config/models/tiny-spare.yaml": "weights: models/spare\nprompt: raw\nlayers: 8\nhidden_size: 128\n",
  };
  expect(reported(spec, { files })).toBe("");
});

test("SF1413: damaged weights are an error, at the model's name", () => {
  const message = "models/base/model.safetensors has 10 bytes where its header says 20.";
  const weights = { "models/base": { status: "damaged", message, hint: "Fetch it again." } } as const;
  expect(reported(GOOD, { weights })).toMatchInlineSnapshot(`
    "specs/test.yaml:5:18: error SF1413: The weights of 'base' are damaged: models/base/model.safetensors has 10 bytes where its header says 20.
      4 | variants:
      5 |   base: { model: tiny-base }
        |                  ^^^^^^^^^
      6 |   instruct: { model: tiny-instruct }
    hint: Fetch it again."
  `);
});

test("SF1414: a model file that disagrees with its weights", () => {
  const weights = { "models/base": { status: "ok", digest: "x", layers: 9, hiddenSize: 64 } } as const;
  expect(reported(GOOD, { weights })).toMatchInlineSnapshot(`
    "config/models/tiny-base.yaml:3:9: error SF1414: layers is 8 here, and 9 in models/base/config.json.
      2 | prompt: raw
      3 | layers: 8
        |         ^
      4 | hidden_size: 128
    hint: Write layers: 9.

    config/models/tiny-base.yaml:4:14: error SF1414: hidden_size is 128 here, and 64 in models/base/config.json.
      3 | layers: 8
      4 | hidden_size: 128
        |              ^^^
    hint: Write hidden_size: 64."
  `);
});

test("SF1415: rows in two formats", () => {
  expect(withFile("positive.txt", "a\n")).toMatchInlineSnapshot(`
    "specs/test.yaml:14:40: warning SF1415: The dataset has both datasets/traits/set_b/praise/positive.jsonl and datasets/traits/set_b/praise/positive.txt; the second is not read.
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
         |                                        ^^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }
    hint: Remove one of them."
  `);
});

test("a dataset file that is not UTF-8", () => {
  const unreadable = { [`${PRAISE}/definition.txt`]: { status: "not-utf8", line: 7 } } as const;
  expect(reported(GOOD, { unreadable })).toMatchInlineSnapshot(`
    "specs/test.yaml:14:40: error SF1003: datasets/traits/set_b/praise/definition.txt is not UTF-8 text: line 7 has other bytes.
      13 | traits:
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
         |                                        ^^^^^^^^^^^^
      15 |   doubt: { asked: set_a/doubt }
    hint: Save it as UTF-8."
  `);
});

test("a model file is checked like a spec", () => {
  const files = {
    "config/models/tiny-base.yaml": "weights: models/base\npromt: chatty\nlayers: 8\nhidden_size: 128\n",
  };
  expect(reported(GOOD, { files })).toMatchInlineSnapshot(`
    "config/models/tiny-base.yaml:2:1: error SF1202: There is no key 'promt' in the model. Did you mean 'prompt'?
      1 | weights: models/base
      2 | promt: chatty
        | ^^^^^
      3 | layers: 8

    config/models/tiny-base.yaml:2:8: error SF1205: prompt cannot be 'chatty'; it is raw or chat. Did you mean 'chat'?
      1 | weights: models/base
      2 | promt: chatty
        |        ^^^^^^
      3 | layers: 8"
  `);
});

test("prompts of .txt files keep what stands at their ends", () => {
  const files = { [`${PRAISE}/positive.jsonl`]: undefined, [`${PRAISE}/positive.txt`]: "I said: \r\n\r\nI wrote:" };
  expect(reported(GOOD, { files })).toBe("");
});

test("SF1419: a dataset file that still says what belongs there", () => {
  const rows = { [`${PRAISE}/positive.jsonl`]: undefined, [`${PRAISE}/positive.txt`]: "One.\n<TODO a beginning>\n" };
  expect(reported(GOOD, { files: rows })).toMatchInlineSnapshot(`
    "datasets/traits/set_b/praise/positive.txt:2:1: error SF1419: datasets/traits/set_b/praise/positive.txt is still to be written: this line says what belongs there.
      1 | One.
      2 | <TODO a beginning>
        | ^^^^^^^^^^^^^^^^^^
    hint: Replace everything that begins with <TODO."
  `);
  expect(withFile("definition.txt", "LOW: <TODO what 0 is like>")).toMatchInlineSnapshot(`
    "datasets/traits/set_b/praise/definition.txt:1:1: error SF1419: datasets/traits/set_b/praise/definition.txt is still to be written: this line says what belongs there.
      1 | LOW: <TODO what 0 is like>
        | ^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: Replace everything that begins with <TODO."
  `);
  expect(withFile("steering.json", '{"questions": ["<TODO a question>"]}')).toMatchInlineSnapshot(`
    "datasets/traits/set_b/praise/steering.json:1:1: error SF1419: datasets/traits/set_b/praise/steering.json is still to be written: this line says what belongs there.
      1 | {"questions": ["<TODO a question>"]}
        | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    hint: Replace everything that begins with <TODO."
  `);
});
