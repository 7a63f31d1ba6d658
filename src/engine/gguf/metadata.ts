import { GgufError, type GgufValue } from "./format.ts";

/** A GGUF file's metadata, read key by key; what is missing or of the wrong type is a GgufError. */
export class Metadata {
  readonly #values: ReadonlyMap<string, GgufValue>;
  /** general.architecture: the keys of the model's sizes begin with it. */
  readonly architecture: string;

  constructor(values: ReadonlyMap<string, GgufValue>) {
    this.#values = values;
    this.architecture = this.text("general.architecture");
  }

  get(key: string): GgufValue | undefined {
    return this.#values.get(key);
  }

  text(key: string): string {
    const value = this.get(key);
    if (typeof value !== "string") throw wrong(key, value, "a text");
    return value;
  }

  texts(key: string): readonly string[] {
    const value = this.get(key);
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) throw wrong(key, value, "texts");
    return value;
  }

  /** A number of the model, such as `block_count`. */
  size(key: string): number {
    const value = this.optionalSize(key);
    if (value === undefined) throw wrong(`${this.architecture}.${key}`, undefined, "a number");
    return value;
  }

  optionalSize(key: string): number | undefined {
    const name = `${this.architecture}.${key}`;
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== "number") throw wrong(name, value, "a number");
    return shortest(value);
  }

  /** The id of a token of tokenizer.ggml.tokens, such as `bos`. */
  tokenId(name: string): number | undefined {
    const value = this.get(`tokenizer.ggml.${name}_token_id`);
    return typeof value === "number" ? value : undefined;
  }
}

function wrong(key: string, value: GgufValue | undefined, expected: string): GgufError {
  const found = value === undefined ? "missing" : typeof value === "object" ? "a list" : JSON.stringify(value);
  return new GgufError(`the metadata ${JSON.stringify(key)} is ${found}, not ${expected}`);
}

/** Numbers are kept as fp32: 1e-5 comes back as 9.999999747378752e-6. The shortest decimal that is the same fp32. */
function shortest(value: number): number {
  if (Number.isSafeInteger(value)) return value;
  for (let digits = 1; digits <= 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}
