import { EngineFailure } from "../../domain/engine.ts";

export function notFinite(what: string): EngineFailure {
  return new EngineFailure(
    "not-finite",
    `${what} came out as NaN or infinity.`,
    "The weights may be damaged (NaN inside), or a steering coefficient is far too large.",
  );
}

export function promptTooLong(row: number, needed: string, maxPositions: number): EngineFailure {
  return new EngineFailure(
    "prompt-too-long",
    `Row ${row} needs ${needed}, but the model has ${maxPositions} positions.`,
    "Shorten the prompt or lower max_new_tokens.",
  );
}

export function emptyPrompt(row: number): EngineFailure {
  return new EngineFailure(
    "runtime",
    `Row ${row} has no tokens.`,
    "Give the prompt some text: this tokenizer adds no start token of its own.",
  );
}
