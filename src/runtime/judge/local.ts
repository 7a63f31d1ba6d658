import type { Model, Prompt } from "../../domain/engine.ts";
import { RuntimeFailure } from "../failures.ts";
import { numberTokens } from "./number-tokens.ts";
import type { NumberOracle } from "./types.ts";

/**
 * A variant of the spec as judge: exact probabilities of the numbers 0–100 instead of a server's top 20.
 * Throws RuntimeFailure `judge-unusable` when its tokenizer does not tell them apart.
 */
export function localOracle(model: Model, format: Prompt["format"]): NumberOracle {
  const numbers = numberTokens(Array.from({ length: 101 }, (_, value) => model.tokenIds(String(value))));
  if (numbers === undefined) {
    throw new RuntimeFailure(
      "judge-unusable",
      "The judge's tokenizer writes different numbers from 0 to 100 alike, so no score can be read.",
      "Choose a judge whose tokenizer knows the digits, or an OpenAI-compatible server.",
    );
  }
  const { tokens, beginnings, probabilities } = numbers;
  return {
    async ask(prompts, onProgress) {
      const rows = prompts.flatMap((text) => {
        const ids = model.encode(
          format === "chat" ? { format, messages: [{ role: "user", content: text }] } : { format, text },
        );
        return beginnings.map((beginning) => [...ids, ...beginning]);
      });
      // Rows of one prompt share all of it: the engine computes that once.
      const next = await model.nextTokenProbabilities(rows, tokens, ({ rowsDone }) =>
        onProgress?.(Math.floor(rowsDone / beginnings.length), prompts.length),
      );
      return prompts.map((_, index) =>
        probabilities(next.slice(index * beginnings.length, (index + 1) * beginnings.length)),
      );
    },
  };
}
