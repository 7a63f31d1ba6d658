import type { ResponsesTask } from "../../domain/task.ts";
import { RuntimeFailure } from "../failures.ts";
import { outputPath, type TaskContext } from "./context.ts";

/** One response of a response set. Token ids are what is sliced later; text is for people and judges. */
export interface StoredResponse {
  /** Row of the dataset's file, 0-indexed. */
  readonly scenario: number;
  readonly rollout: number;
  readonly prompt: string;
  readonly system_prompt?: string;
  readonly response: string;
  readonly finish: "eos" | "length";
  readonly prompt_ids: readonly number[];
  readonly response_ids: readonly number[];
}

/** A JSON array with a response a line, so that `git diff` and `grep` are of use. */
export function formatResponses(responses: readonly StoredResponse[]): string {
  return `[\n${responses.map((response) => JSON.stringify(response)).join(",\n")}\n]\n`;
}

function parseResponses(path: string, bytes: Uint8Array): StoredResponse[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (Array.isArray(parsed)) return parsed as StoredResponse[];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new RuntimeFailure(
    "artifact-damaged",
    `${path} is not a response file any more.`,
    "Delete it and apply again: its task then runs again.",
  );
}

export type Polarity = "positive" | "negative";

/** A response set, positives first. Throws RuntimeFailure `artifact-damaged`. */
export function readResponses(
  task: ResponsesTask,
  context: TaskContext,
): { readonly polarity: Polarity; readonly response: StoredResponse }[] {
  return (["positive", "negative"] as const).flatMap((polarity) => {
    const path = outputPath(task, polarity === "positive" ? "pos.json" : "neg.json");
    return parseResponses(path, context.readFile(path)).map((response) => ({ polarity, response }));
  });
}
