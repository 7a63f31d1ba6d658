import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openChatTemplate } from "../../src/engine/chat-template.ts";
import { inspectWeights } from "../../src/engine/index.ts";
import { openTokenizer } from "../../src/engine/tokenizer.ts";
import { copyOf, FAMILIES, readTokenizerGolden, TINY, weightsDir } from "./models.ts";

describe.each(["tied-bf16", ...FAMILIES, ...TINY])("the tokenizer of %s against transformers", (name) => {
  const golden = readTokenizerGolden(name);
  const tokenizer = openTokenizer(weightsDir(name));

  it.each(golden.texts)("encodes and decodes $text", ({ text, ids, decoded }) => {
    expect(tokenizer.encode(text, true)).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(decoded);
  });

  it("renders chats to the same text and ids, with one start token", () => {
    const render = openChatTemplate(weightsDir(name), tokenizer.config);
    for (const { messages, text, ids } of golden.chats) {
      expect(render(messages)).toBe(text);
      expect(tokenizer.encode(render(messages), false)).toEqual(ids);
      // SentencePiece's decoder puts a space after special tokens.
      expect(tokenizer.spell(ids).replaceAll(/(<\/?s>) /g, "$1")).toBe(text);
    }
  });

  it("decodes any ids, halves of characters and special tokens included, to the same text", () => {
    for (const { ids, text } of golden.decoded) expect(tokenizer.decode(ids)).toBe(text);
  });
});

describe("a tokenizer that falls back to bytes", () => {
  it("keeps the characters beside a half of one, which transformers does not", () => {
    const tokenizer = openTokenizer(weightsDir("gemma2"));
    const bytes = tokenizer.encode("🚀", false);
    expect(tokenizer.decode(bytes)).toBe("🚀");
    expect(tokenizer.decode([...bytes, ...bytes.slice(0, 3)])).toBe("🚀\ufffd");
  });
});

describe("chat templates", () => {
  it("says what a template refuses", () => {
    const folder = weightsDir("tied-bf16");
    const render = openChatTemplate(folder, openTokenizer(folder).config);
    expect(() => render([{ role: "assistant", content: "Hi" }])).toThrow(
      `The chat template of ${folder} failed: Conversation roles must alternate user/assistant`,
    );
  });

  it.each([
    ["refuses a system prompt, as Gemma 2's does", (folder: string) => openTokenizer(folder).config],
    [
      "leaves it out",
      () => ({ chat_template: "{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}" }),
    ],
  ])("say so when a template %s", (_, configOf) => {
    const folder = copyOf("gemma2");
    const config = configOf(folder);
    if ("chat_template" in config) rmSync(join(folder, "chat_template.jinja"));
    const render = openChatTemplate(folder, config);
    const user = { role: "user" as const, content: "Hi" };
    expect(() => render([{ role: "system", content: "Be kind." }, user])).toThrow(
      `The chat template of ${folder} has no place for a system prompt.`,
    );
    expect(render([user])).toContain("Hi");
  });

  it.each([
    ["smollm2", true],
    ["mistral", false],
    ["qwen2", true],
    ["qwen3", true],
    ["gemma2", false],
    ["tiny-instruct", true],
  ])("of %s take a system prompt: %s", (name, taken) => {
    expect(inspectWeights(weightsDir(name)).takesSystemPrompts).toBe(taken);
  });

  it("are read from tokenizer_config.json too, and missed at the first chat", () => {
    const folder = copyOf("tied-bf16");
    rmSync(join(folder, "chat_template.jinja"));
    const messages = [{ role: "user" as const, content: "Hi" }];
    expect(() => openChatTemplate(folder, {})(messages)).toThrow(`${folder} has no chat template.`);
    const template = "{{ bos_token }}{{ messages[0].content }}";
    expect(openChatTemplate(folder, { bos_token: { content: "<s>" }, chat_template: template })(messages)).toBe(
      "<s>Hi",
    );
    writeFileSync(join(folder, "tokenizer.json"), "{");
    expect(() => openTokenizer(folder)).toThrow(`${join(folder, "tokenizer.json")} is not JSON`);
  });

  it("do not read the clock where Llama 3 would", () => {
    const template =
      '{%- if not date_string is defined %}{%- set date_string = strftime_now("%d %b %Y") %}{%- endif %}Today: {{ date_string }}';
    expect(openChatTemplate("/nowhere", { chat_template: template })([])).toBe("Today: 26 Jul 2024");
  });
});
