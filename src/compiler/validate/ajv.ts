import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
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

/** A compiled JSON Schema 2020-12: all its complaints about a value. Throws when the schema itself is wrong. */
export function compileSchema(schema: object): (value: JsonValue) => Violation[] {
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    discriminator: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
  });
  const validate: ValidateFunction = ajv.compile(schema);
  return (value) => (validate(value) ? [] : (validate.errors ?? []).map(toViolation));
}

function toViolation({ keyword, instancePath, params, parentSchema }: ErrorObject): Violation {
  const path = instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return { keyword, path, params, schema: parentSchema ?? {} };
}
