import { afterAll, beforeAll, expect, test } from "vitest";
import {
  openEditor,
  startLanguageServer,
  type Completion,
  type Editor,
  type LanguageServer,
} from "./language-server.ts";
import { repositoryFiles } from "./rig.ts";

const demo = repositoryFiles("specs/demo.yaml")["specs/demo.yaml"] as string;
const model = repositoryFiles("config/models")["config/models/tiny-base.yaml"] as string;

let server: LanguageServer;
let specs: Editor;
let models: Editor;
beforeAll(async () => {
  server = await startLanguageServer();
  specs = openEditor(server, "specs");
  models = openEditor(server, "config/models");
});
afterAll(() => server.stop());

/** The text with its first match replaced, which must be there; `|` is where the cursor stands. */
function marked(text: string, from: RegExp, to: string): string {
  expect(text).toMatch(from);
  return text.replace(from, to);
}

const labels = (completions: readonly Completion[]): string[] => completions.map(({ label }) => label);

test("a spec in an editor: keys with their words and defaults", async () => {
  const inEngine = await specs.complete(marked(demo, /^engine: .*$/m, "engine:\n  |"));
  expect(labels(inEngine)).toEqual(expect.arrayContaining(["provider", "dtype", "max_batch_tokens"]));
  expect(inEngine.find(({ label }) => label === "max_batch_tokens")).toMatchObject({
    insertText: "max_batch_tokens: ${1:16384}",
    documentation: "Tokens in one forward pass: the memory bound.",
  });
  const atTop = labels(await specs.complete(marked(demo, /^experiment: .*$/m, "|")));
  expect(atTop).toContain("experiment");
  expect(atTop).not.toContain("engine");
});

test("a spec in an editor: values", async () => {
  const providers = await specs.complete(marked(demo, /^engine: .*$/m, "engine:\n  provider: |"));
  expect(labels(providers).toSorted()).toEqual(["auto", "cpu", "cuda", "webgpu"]);
});

test("a spec in an editor: what a judge needs goes by its provider", async () => {
  const judges = await specs.complete(marked(demo, /^judge: .*$/m, "judge:\n  provider: |"));
  expect(labels(judges).toSorted()).toEqual(["local", "openai"]);
  const keys = labels(await specs.complete(marked(demo, /^judge: .*$/m, "judge:\n  provider: openai\n  |")));
  expect(keys).toEqual(expect.arrayContaining(["model", "base_url", "api_key_env", "max_concurrency"]));
  expect(keys).not.toContain("variant");
});

test("a spec in an editor: the words of a key under the pointer", async () => {
  const rollouts = "Responses to each scenario. More than one needs a temperature above 0.";
  expect(await specs.hover(marked(demo, /rollouts/, "roll|outs"))).toContain(rollouts);
  expect(await specs.hover(marked(demo, /^steering/m, "steer|ing"))).toContain("How vectors are tried out");
});

test("a spec in an editor: its mistakes, and none where there is none", async () => {
  expect(await specs.problems(demo)).toEqual([]);
  const messages = (await specs.problems(demo.replace("max_batch_tokens", "max_batch"))).map(({ message }) => message);
  expect(messages).toEqual(["Property max_batch is not allowed."]);
});

test("a model's file in an editor", async () => {
  const keys = ["weights", "revision", "prompt", "layers", "hidden_size", "context", "vocab_size", "parameters"];
  const [modeline] = model.split("\n");
  expect(labels(await models.complete(`${modeline}\n|\n`))).toEqual(expect.arrayContaining(keys));
  expect(labels(await models.complete(marked(model, /prompt: .*/, "prompt: |")))).toEqual(["raw", "chat"]);
  expect(await models.hover(marked(model, /context/, "con|text"))).toContain(
    "The most tokens that a prompt and its response may have together",
  );
  expect(await models.problems(model)).toEqual([]);
});
