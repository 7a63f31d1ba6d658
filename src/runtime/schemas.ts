import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Ajv2020, ErrorObject, Options, ValidateFunction } from "ajv/dist/2020.js";
import type { SchemaCheck, SchemaName, Violation } from "../compiler/validate/violation.ts";
import { packageFile } from "../util/package-files.ts";

/** The only door to ajv. */

/** Of the build, too, which compiles the schemas with them (scripts/build.mjs). */
export const AJV_OPTIONS: Options = {
  allErrors: true,
  verbose: true,
  discriminator: true,
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
};

const require = createRequire(import.meta.url);
const checks = new Map<SchemaName, SchemaCheck>();

/**
 * The check of a schema. A built package has it as a program; loading ajv and compiling a schema takes longer than
 * planning a small experiment does.
 */
export function schemaCheck(name: SchemaName): SchemaCheck {
  const known = checks.get(name);
  if (known !== undefined) return known;
  const validate = compiled(name) ?? compile(name);
  const check: SchemaCheck = (value) => (validate(value) ? [] : (validate.errors ?? []).map(toViolation));
  checks.set(name, check);
  return check;
}

function compiled(name: SchemaName): ValidateFunction | undefined {
  const path = fileURLToPath(packageFile(`dist/runtime/schemas/${name}.cjs`));
  return existsSync(path) ? (require(path) as ValidateFunction) : undefined;
}

/** From sources: in tests. */
function compile(name: SchemaName): ValidateFunction {
  const ajv2020 = require("ajv/dist/2020.js") as { readonly Ajv2020: new (options: Options) => Ajv2020 };
  const schema = readFileSync(packageFile(`schema/${name}.schema.json`), "utf8");
  return new ajv2020.Ajv2020(AJV_OPTIONS).compile(JSON.parse(schema) as object);
}

function toViolation({ keyword, instancePath, params, parentSchema }: ErrorObject): Violation {
  const path = instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return { keyword, path, params, schema: parentSchema ?? {} };
}
