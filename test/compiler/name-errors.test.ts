import { expect, test } from "vitest";
import { edited, reported } from "./fixture.ts";

test("SF1301: an unknown variant", () => {
  expect(reported(edited(["    variant: base", "    variant: bsae"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:22:14: error SF1301: There is no variant 'bsae'. Did you mean 'base'?
      21 |   told:
      22 |     variant: bsae
         |              ^^^^
      23 |
    specs/test.yaml:5:3: 'base' is declared here.
      5 |   base: { model: tiny-base }
        |   ^^^^"
  `);
  expect(reported(edited(["application: instruct", "application: chat"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:8:14: error SF1301: There is no variant 'chat'.
      7 |   judge: { model: tiny-judge }
      8 | application: chat
        |              ^^^^
      9 |
    hint: There is: base, instruct and judge."
  `);
  expect(reported(edited(["local, variant: judge", "local, variant: jugde"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:11:36: error SF1301: There is no variant 'jugde'. Did you mean 'judge'?
      10 | engine: { provider: cpu, max_batch_tokens: 1024 }
      11 | judge: { provider: local, variant: jugde }
         |                                    ^^^^^
      12 |
    specs/test.yaml:7:3: 'judge' is declared here.
      7 |   judge: { model: tiny-judge }
        |   ^^^^^"
  `);
});

test("SF1302: an unknown trait", () => {
  expect(reported(edited(["trait: [praise]", "trait: [praise, dobut]"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:28:21: error SF1302: There is no trait 'dobut'. Did you mean 'doubt'?
      27 |   matrix:
      28 |     trait: [praise, dobut]
         |                     ^^^^^
      29 |     include:
    specs/test.yaml:15:3: 'doubt' is declared here.
      15 |   doubt: { asked: set_a/doubt }
         |   ^^^^^"
  `);
});

test("SF1303: an unknown source", () => {
  expect(reported(edited(["{ source: told,", "{ source: tolled,"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:31:19: error SF1303: There is no source 'tolled'. Did you mean 'told'?
      30 |       - { source: asked, position: "response[:]" }
      31 |       - { source: tolled, position: ["response[:5]", "response[:10]"] }
         |                   ^^^^^^
      32 |
    specs/test.yaml:21:3: 'told' is declared here.
      21 |   told:
         |   ^^^^"
  `);
  expect(reported(edited(["doubt: { asked:", "doubt: { aksed:"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:15:12: error SF1303: There is no source 'aksed'. Did you mean 'asked'?
      14 |   praise: { asked: set_a/praise, told: set_b/praise }
      15 |   doubt: { aksed: set_a/doubt }
         |            ^^^^^
      16 |
    specs/test.yaml:18:3: 'asked' is declared here.
      18 |   asked:
         |   ^^^^^"
  `);
});

test("SF1304: an unknown method", () => {
  expect(reported(edited(["[mean_diff, probe]", "[mean_dif, svd]"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:26:13: error SF1304: There is no method 'mean_dif'. Did you mean 'mean_diff'?
      25 |   component: residual
      26 |   methods: [mean_dif, svd]
         |             ^^^^^^^^
      27 |   matrix:

    specs/test.yaml:26:23: error SF1304: There is no method 'svd'.
      25 |   component: residual
      26 |   methods: [mean_dif, svd]
         |                       ^^^
      27 |   matrix:
    hint: There is: mean_diff, probe, pca, gradient and random."
  `);
});

test("SF1305: a trait without a dataset for a source", () => {
  expect(reported(edited(["trait: [praise]", "trait: [praise, doubt]"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:31:19: error SF1305: The trait 'doubt' has no dataset for the source 'told'.
      30 |       - { source: asked, position: "response[:]" }
      31 |       - { source: told, position: ["response[:5]", "response[:10]"] }
         |                   ^^^^
      32 |
    specs/test.yaml:15:3: 'doubt' is declared here.
      15 |   doubt: { asked: set_a/doubt }
         |   ^^^^^
    hint: Give it one, told: <set>/<trait>, or leave it out of this row with exclude."
  `);
});

test("a row that excludes the trait needs no dataset for it", () => {
  const spec = edited(
    ["trait: [praise]", "trait: [praise, doubt]"],
    ["steering:", "    exclude: [{ trait: doubt, source: told }]\n\nsteering:"],
  );
  expect(reported(spec)).toBe("");
});

test("SF1306: not a position", () => {
  expect(reported(edited(['"response[:]"', "response"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:30:36: error SF1306: 'response' is not a position, such as response[:5], prompt[-1] or all[:].
      29 |     include:
      30 |       - { source: asked, position: response }
         |                                    ^^^^^^^^
      31 |       - { source: told, position: ["response[:5]", "response[:10]"] }
    hint: A position is prompt, response or all with a Python slice: response[:5] is the response's first five tokens."
  `);
  expect(reported(edited(['"response[:5]"', '"response[5:5]"']))).toMatchInlineSnapshot(`
    "specs/test.yaml:31:36: error SF1306: 'response[5:5]' selects no token: it ends before it begins.
      30 |       - { source: asked, position: "response[:]" }
      31 |       - { source: told, position: ["response[5:5]", "response[:10]"] }
         |                                    ^^^^^^^^^^^^^^^
      32 |
    hint: A position is prompt, response or all with a Python slice: response[:5] is the response's first five tokens."
  `);
});

test("SF1307: not layers", () => {
  expect(reported(edited(["layers: 30%-60%", "layers: 60%-30%"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:35:11: error SF1307: '60%-30%' ends before it begins.
      34 |   vectors: all
      35 |   layers: 60%-30%
         |           ^^^^^^^
      36 |   max_new_tokens: 16"
  `);
  expect(reported(edited(["layers: 30%-60%", "layers: the middle"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:35:11: error SF1307: 'the middle' are not layers, such as all, 30%-60%, 9..19 or [12, 14].
      34 |   vectors: all
      35 |   layers: the middle
         |           ^^^^^^^^^^
      36 |   max_new_tokens: 16"
  `);
});

test("a broken declaration is reported once, and its uses are not", () => {
  expect(reported(edited(["  base: { model: tiny-base }", "  base: { model: [] }"]))).toMatchInlineSnapshot(`
    "specs/test.yaml:5:18: error SF1204: variants.base.model must be text; this is a list.
      4 | variants:
      5 |   base: { model: [] }
        |                  ^^
      6 |   instruct: { model: tiny-instruct }"
  `);
});
