// The last step of a build: writes the checks of our JSON Schemas as programs to dist/runtime/schemas, with ajv.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import standalone from "ajv/dist/standalone/index.js";
import { AJV_OPTIONS } from "../dist/runtime/schemas.js";

const target = new URL("../dist/runtime/schemas/", import.meta.url);
mkdirSync(target, { recursive: true });
for (const name of ["experiment", "model", "plan"]) {
  const schema = JSON.parse(readFileSync(new URL(`../schema/${name}.schema.json`, import.meta.url), "utf8"));
  const ajv = new Ajv2020({ ...AJV_OPTIONS, code: { source: true } });
  writeFileSync(new URL(`${name}.cjs`, target), standalone.default(ajv, ajv.compile(schema)));
}
