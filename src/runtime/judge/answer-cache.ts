import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { makeFolder } from "../files.ts";
import type { AnswerCache } from "./openai.ts";
import type { TokenProbability } from "./reply.ts";

/**
 * Answers of a paid judge, appended to `.steerform/judge-answers.jsonl` of the experiment as they come. A line that a
 * crash cut short is asked for again.
 */
export function openAnswerCache(folder: string): AnswerCache {
  const path = join(folder, ".steerform", "judge-answers.jsonl");
  const answers = new Map<string, TokenProbability[]>();
  let startOnNewLine = false;
  if (existsSync(path)) {
    const text = readFileSync(path, "utf8");
    startOnNewLine = text !== "" && !text.endsWith("\n");
    for (const line of text.split("\n")) {
      const entry = parseEntry(line);
      if (entry !== undefined) answers.set(entry.key, entry.tokens);
    }
  }
  return {
    get: (key) => answers.get(digest(key)),
    count: () => answers.size,
    set(key, tokens) {
      const entry = { key: digest(key), tokens };
      answers.set(entry.key, tokens);
      makeFolder(dirname(path));
      const start = startOnNewLine ? "\n" : "";
      // Until it is written whole: a full disk may take half of a line.
      startOnNewLine = true;
      appendFileSync(path, `${start}${JSON.stringify(entry)}\n`);
      startOnNewLine = false;
    },
  };
}

interface Entry {
  readonly key: string;
  readonly tokens: TokenProbability[];
}

function parseEntry(line: string): Entry | undefined {
  if (line === "") return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null && "tokens" in entry ? (entry as Entry) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function digest(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
