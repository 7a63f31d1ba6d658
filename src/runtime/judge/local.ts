import type { Model, Prompt } from "../../domain/engine.ts";
import { RuntimeFailure } from "../failures.ts";
import type { NumberOracle } from "./types.ts";

/**
 * A variant of the spec as judge: exact first-token probabilities instead of a server's top 20.
 * Throws RuntimeFailure `judge-unusable` when its tokenizer does not write every whole number 0–100 as one token.
 */
export function localOracle(model: Model, format: Prompt["format"]): NumberOracle {
  const numbers = Array.from({ length: 101 }, (_, value) => {
    const id = model.tokenId(String(value));
    if (id === undefined) {
      throw new RuntimeFailure(
        "judge-unusable",
        `The judge's tokenizer has no single token for ${value}, so its score cannot be read from one token.`,
        "Choose a judge whose tokenizer writes the numbers 0 to 100 as one token each (Llama 3 does), or an OpenAI-compatible server.",
      );
    }
    return id;
  });
  return {
    async ask(prompts, onProgress) {
      const ids = prompts.map((text) =>
        model.encode(format === "chat" ? { format, messages: [{ role: "user", content: text }] } : { format, text }),
      );
      return model.nextTokenProbabilities(ids, numbers, (progress) => onProgress?.(progress.rowsDone, progress.rows));
    },
  };
}
