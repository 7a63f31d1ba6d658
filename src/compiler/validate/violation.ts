import type { JsonValue } from "../../util/json.ts";

/** One complaint of a schema about a value. */
export interface Violation {
  readonly keyword: string;
  /** Keys and indices from the root to the value. */
  readonly path: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  /** The part of the schema that has the keyword. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** All complaints of one of our JSON Schemas about a value. */
export type SchemaCheck = (value: JsonValue) => readonly Violation[];

/** Of schema/<name>.schema.json. */
export type SchemaName = "experiment" | "model" | "plan" | "doctor";
