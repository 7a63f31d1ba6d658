import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { compileSchema } from "../../src/compiler/validate/schema.ts";
import { stableJson, type JsonValue } from "../../src/util/json.ts";
import { FILES, GOOD } from "./fixture.ts";
import { FULL, fullEdited } from "./full-fixture.ts";
import { everyOddity, withOddities } from "./mutate.ts";
import { REPOSITORY } from "./rig.ts";

/** Our schemas are checked by a part of JSON Schema of our own; a library that knows all of it has to agree. */

const readSchema = (name: string) =>
  JSON.parse(readFileSync(join(REPOSITORY, "schema", `${name}.schema.json`), "utf8")) as Record<string, unknown>;

interface Complaint {
  readonly keyword: string;
  readonly path: string;
  readonly params: JsonValue;
}

const sorted = (complaints: readonly Complaint[]): string[] =>
  complaints.map(({ keyword, path, params }) => stableJson({ keyword, path, params })).toSorted();

/** What a key's name, or a union, is complained of within, and of the branches that a condition tries. */
const isEcho = ({ keyword, propertyName }: ErrorObject): boolean =>
  (propertyName !== undefined && keyword !== "propertyNames") || keyword === "if";

/** Only what messages are made of. */
function paramsOf(keyword: string, params: Readonly<Record<string, unknown>>): JsonValue {
  const used = ["missingProperty", "additionalProperty", "propertyName", "type"];
  const kept = Object.entries(params).filter(([name]) => used.includes(name));
  return Object.fromEntries(keyword === "discriminator" ? [] : kept) as JsonValue;
}

function judges(name: string) {
  const schema = readSchema(name);
  const ajv = new Ajv2020({
    allErrors: true,
    discriminator: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
  });
  const [theirs, ours] = [ajv.compile(schema), compileSchema(schema)];
  return {
    theirs: (value: unknown) =>
      theirs(value)
        ? []
        : sorted(
            (theirs.errors ?? [])
              .filter((error) => !isEcho(error))
              .map(({ keyword, instancePath: path, params }) => ({ keyword, path, params: paramsOf(keyword, params) })),
          ),
    ours: (value: unknown) =>
      sorted(
        ours(value as JsonValue).map(({ keyword, path, params }) => ({
          keyword,
          path: path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
          params: paramsOf(keyword, params),
        })),
      ),
  };
}

const [experiment, model] = [judges("experiment"), judges("model")];

test("specs and models that are right", () => {
  for (const spec of [GOOD, FULL])
    expect([experiment.ours(parse(spec)), experiment.theirs(parse(spec))]).toEqual([[], []]);
  const file: unknown = parse(FILES["config/models/tiny-base.yaml"] as string);
  expect([model.ours(file), model.theirs(file)]).toEqual([[], []]);
});

test("property: of a spec with oddities, both complain of the same", () => {
  fc.assert(
    fc.property(withOddities(parse(FULL) as object, 4), (spec) => {
      expect(experiment.ours(spec)).toEqual(experiment.theirs(spec));
    }),
    { numRuns: 500 },
  );
});

test("property: of a model with oddities, both complain of the same", () => {
  fc.assert(
    fc.property(withOddities(parse(FILES["config/models/tiny-base.yaml"] as string) as object, 3), (file) => {
      expect(model.ours(file)).toEqual(model.theirs(file));
    }),
    { numRuns: 200 },
  );
});

test("each place of a spec in turn made odd: both complain of the same, and of everything a schema can say", () => {
  const keywords = new Set<string>();
  const hosted = { provider: "openai", model: "m", budget: { calls: 1, usd: 1 }, price: { input: 1, output: 1 } };
  const whole = fullEdited(["held_out: 0.5", "held_out: 0.5, confidence: 0.9"]);
  for (const spec of everyOddity({ ...(parse(whole) as object), judge: hosted })) {
    const complaints = experiment.theirs(spec);
    expect(experiment.ours(spec)).toEqual(complaints);
    for (const complaint of complaints) keywords.add((JSON.parse(complaint) as Complaint).keyword);
  }
  expect([...keywords].toSorted()).toEqual([
    "additionalProperties",
    "const",
    "discriminator",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "pattern",
    "propertyNames",
    "required",
    "type",
    "uniqueItems",
  ]);
});

test("a schema with a keyword that is not known is our own bug", () => {
  expect(() => compileSchema({ properties: { a: { multipleOf: 2 } } })).toThrow(
    "Internal error: the schema keyword multipleOf is not known",
  );
  expect(() => compileSchema({ oneOf: [] })).toThrow("Internal error: a union without a discriminator");
  for (const name of ["experiment", "model", "plan"]) expect(() => compileSchema(readSchema(name))).not.toThrow();
});
