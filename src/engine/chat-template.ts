import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Template } from "@huggingface/jinja";
import { EngineFailure, type ChatMessage } from "../domain/engine.ts";

/** The only door to @huggingface/jinja. */
export type ChatTemplate = (messages: readonly ChatMessage[]) => string;

const FIXED = {
  /** Llama 3 writes today's date into the prompt unless it is told one. This is the one it falls back to without a clock. */
  date_string: "26 Jul 2024",
  /** Qwen 3 would begin with a thought, and what is read and judged is the answer. */
  enable_thinking: false,
} as const;

const NAMED = ["bos_token", "eos_token", "pad_token", "unk_token"] as const;

/**
 * The model's own chat template, ending where the assistant is to speak. Newer folders have a chat_template.jinja, older
 * ones a text, or a list of named ones, in tokenizer_config.json. A folder without one may still read raw prompts: the
 * failure comes at the first chat prompt.
 */
export function openChatTemplate(weightsDir: string, config: Readonly<Record<string, unknown>>): ChatTemplate {
  let parsed: Template | undefined;
  const specialTokens = Object.fromEntries(NAMED.map((name) => [name, tokenText(config[name])]));
  const render: ChatTemplate = (messages) => {
    try {
      parsed ??= new Template(findTemplate(weightsDir, config));
      return parsed.render({ ...specialTokens, messages, ...FIXED, add_generation_prompt: true });
    } catch (error) {
      if (error instanceof EngineFailure) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new EngineFailure(
        "unsupported-model",
        `The chat template of ${weightsDir} failed: ${reason}`,
        "Some templates want user and assistant to alternate.",
      );
    }
  };
  let hasSystemRole: boolean | undefined;
  return (messages) => {
    const others = messages.filter(({ role }) => role !== "system");
    if (others.length === messages.length) return render(messages);
    hasSystemRole ??= takesSystemMessage(render);
    if (hasSystemRole) return render(messages);
    // What else is wrong comes first: that there is no template.
    render(others);
    throw noSystemRole(weightsDir);
  };
}

/** Whether a system message reaches the prompt: some templates refuse one, some leave it out. False without a template. */
export function takesSystemMessage(render: ChatTemplate): boolean {
  const [system, user] = ["Answer in verse.", "What is a rainbow?"];
  try {
    const prompt = render([
      { role: "system", content: system },
      { role: "user", content: user },
    ]);
    return prompt.includes(system);
  } catch (error) {
    if (error instanceof EngineFailure) return false;
    throw error;
  }
}

function noSystemRole(weightsDir: string): EngineFailure {
  return new EngineFailure(
    "unsupported-model",
    `The chat template of ${weightsDir} has no place for a system prompt.`,
    "Take a dataset without system prompts, or a model whose chat template has a system role.",
  );
}

function findTemplate(weightsDir: string, config: Readonly<Record<string, unknown>>): string {
  const path = join(weightsDir, "chat_template.jinja");
  if (existsSync(path)) return readFileSync(path, "utf8");
  const inConfig = config["chat_template"];
  if (typeof inConfig === "string") return inConfig;
  if (Array.isArray(inConfig)) {
    const named = inConfig as readonly { readonly name?: unknown; readonly template?: unknown }[];
    const found = named.find(({ name }) => name === "default")?.template;
    if (typeof found === "string") return found;
  }
  throw new EngineFailure(
    "unsupported-model",
    `${weightsDir} has no chat template.`,
    "A base model reads raw prompts: set the variant's prompt format to raw.",
  );
}

/** A special token is a text, or an object with the text as its content. */
function tokenText(token: unknown): string | undefined {
  if (typeof token === "string") return token;
  const content = (token as { readonly content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : undefined;
}
