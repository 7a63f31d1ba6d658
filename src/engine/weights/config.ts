import { EngineFailure } from "../../domain/engine.ts";

/** A model's config.json, read field by field; what is missing or of the wrong type is an EngineFailure. */
export class ModelConfig {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(fields: Readonly<Record<string, unknown>>, path: string) {
    this.#fields = fields;
    this.#path = path;
  }

  /** A whole number of at least 1. */
  count(name: string, fallback?: number): number {
    const value = this.#fields[name] ?? fallback;
    if (!Number.isSafeInteger(value) || (value as number) < 1) throw this.#wrong(name, value, "a whole number above 0");
    return value as number;
  }

  /** Like `count`, but null says that there is none; `fallback` holds for a field that is not there. */
  optionalCount(name: string, fallback?: number): number | undefined {
    return this.#absent(name, fallback) ? undefined : this.count(name, fallback);
  }

  number(name: string, fallback?: number): number {
    const value = this.#fields[name] ?? fallback;
    if (typeof value !== "number" || !Number.isFinite(value)) throw this.#wrong(name, value, "a number");
    return value;
  }

  /** Like `number`, but null says that there is none; `fallback` holds for a field that is not there. */
  optionalNumber(name: string, fallback?: number): number | undefined {
    return this.#absent(name, fallback) ? undefined : this.number(name, fallback);
  }

  text(name: string, fallback: string): string {
    const value = this.#fields[name] ?? fallback;
    if (typeof value !== "string") throw this.#wrong(name, value, "a text");
    return value;
  }

  /** A list of texts, or undefined when there is none. */
  texts(name: string): readonly string[] | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
      throw this.#wrong(name, value, "a list of texts");
    }
    return value;
  }

  flag(name: string, fallback = false): boolean {
    return (this.#fields[name] ?? fallback) === true;
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined && this.#fields[name] !== null;
  }

  /** An object within the config, or an empty one. */
  section(name: string): ModelConfig {
    const value = this.#fields[name];
    if (value === undefined || value === null) return new ModelConfig({}, this.#path);
    if (!isRecord(value)) throw this.#wrong(name, value, "an object");
    return new ModelConfig(value, this.#path);
  }

  architecture(): string {
    const names = this.#fields["architectures"];
    if (!Array.isArray(names) || typeof names[0] !== "string") {
      throw this.#wrong("architectures", names, 'a list such as ["LlamaForCausalLM"]');
    }
    return names[0];
  }

  /** The model asks for something that the engine does not do. */
  unsupported(what: string): EngineFailure {
    return new EngineFailure(
      "unsupported-model",
      `${this.#path}: ${what}`,
      "steerform runs dense text models of plain fp32, fp16 or bf16 weights.",
    );
  }

  #absent(name: string, fallback: number | undefined): boolean {
    const value = this.#fields[name];
    return value === null || (value === undefined && fallback === undefined);
  }

  #wrong(name: string, value: unknown, expected: string): EngineFailure {
    return this.unsupported(`"${name}" is ${JSON.stringify(value) ?? "missing"}, not ${expected}.`);
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
