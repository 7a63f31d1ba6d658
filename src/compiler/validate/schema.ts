import { stableJson, type JsonObject, type JsonValue } from "../../util/json.ts";

/** One complaint of a schema about a value. */
export interface Violation {
  readonly keyword: string;
  /** Keys and indices from the root to the value. */
  readonly path: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
  /** The part of the schema that has the keyword. */
  readonly schema: Schema;
}

type Schema = Readonly<Record<string, unknown>>;

/**
 * The part of JSON Schema 2020-12 that our schemas are written in. The whole of it, in a library, takes longer to load
 * and to compile than a small spec takes to plan; the tests hold this to such a library.
 */
const KEYWORDS = new Set(
  `$schema $id $defs $ref $comment title description default examples type const enum if then else oneOf discriminator
  minimum maximum exclusiveMinimum exclusiveMaximum minLength pattern items minItems maxItems uniqueItems
  properties required additionalProperties propertyNames minProperties`.split(/\s+/),
);

/** All complaints of a JSON Schema about a value. Throws when the schema uses what is not known here. */
export function compileSchema(schema: object): (value: JsonValue) => Violation[] {
  const root = schema as Schema;
  const patterns = new Map<string, RegExp>();
  refuseUnknown(root);
  return (value) => new Checker(root, patterns).all(value);
}

function refuseUnknown(schema: Schema): void {
  const unknown = Object.keys(schema).find((keyword) => !KEYWORDS.has(keyword));
  if (unknown !== undefined) throw new Error(`Internal error: the schema keyword ${unknown} is not known`);
  if ("oneOf" in schema !== "discriminator" in schema)
    throw new Error("Internal error: a union without a discriminator");
  for (const map of ["properties", "$defs"]) for (const part of Object.values(schemaOf(schema[map]))) refuseIn(part);
  for (const keyword of ["items", "additionalProperties", "propertyNames", "if", "then", "else"])
    refuseIn(schema[keyword]);
  for (const branch of (schema["oneOf"] ?? []) as unknown[]) refuseIn(branch);
}

function refuseIn(part: unknown): void {
  if (typeof part === "object" && part !== null) refuseUnknown(part as Schema);
}

/** Walks a value and its schema together. */
class Checker {
  readonly #root: Schema;
  readonly #patterns: Map<string, RegExp>;
  readonly #path: string[] = [];
  #violations: Violation[] = [];

  constructor(root: Schema, patterns: Map<string, RegExp>) {
    this.#root = root;
    this.#patterns = patterns;
  }

  all(value: JsonValue): Violation[] {
    this.#check(this.#root, value);
    return this.#violations;
  }

  #check(schema: Schema, value: JsonValue): void {
    const { type, $ref } = schema;
    if (!isTyped(schema, value)) this.#complain(schema, "type", { type });
    if (typeof value === "number") this.#checkNumber(schema, value);
    if (typeof value === "string") this.#checkText(schema, value);
    if (typeof $ref === "string") this.#check(this.#resolve($ref), value);
    if ("const" in schema && !isSame(schema["const"], value)) this.#complain(schema, "const");
    const allowed = schema["enum"];
    if (Array.isArray(allowed) && !allowed.some((one) => isSame(one, value))) this.#complain(schema, "enum");
    if (schema["if"] !== undefined) this.#checkIf(schema, value);
    if (Array.isArray(value)) this.#checkList(schema, value as readonly JsonValue[]);
    else if (typeof value === "object" && value !== null) this.#checkMap(schema, value as JsonObject);
  }

  #checkNumber(schema: Schema, value: number): void {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Record<string, number | undefined>;
    if (!Number.isFinite(value)) return;
    if (maximum !== undefined && value > maximum) this.#complain(schema, "maximum");
    if (minimum !== undefined && value < minimum) this.#complain(schema, "minimum");
    if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) this.#complain(schema, "exclusiveMaximum");
    if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) this.#complain(schema, "exclusiveMinimum");
  }

  #checkText(schema: Schema, value: string): void {
    const { minLength, pattern } = schema;
    if (typeof minLength === "number" && Array.from(value).length < minLength) this.#complain(schema, "minLength");
    if (typeof pattern === "string" && !this.#pattern(pattern).test(value)) this.#complain(schema, "pattern");
  }

  #checkList(schema: Schema, value: readonly JsonValue[]): void {
    const { minItems, maxItems, uniqueItems, items } = schema;
    if (typeof maxItems === "number" && value.length > maxItems) this.#complain(schema, "maxItems");
    if (typeof minItems === "number" && value.length < minItems) this.#complain(schema, "minItems");
    if (uniqueItems === true && hasRepeated(value, schemaOf(items))) this.#complain(schema, "uniqueItems");
    if (items !== undefined) value.forEach((item, index) => this.#within(String(index), schemaOf(items), item));
  }

  #checkMap(schema: Schema, value: JsonObject): void {
    const { required, minProperties, propertyNames, additionalProperties: more } = schema;
    const keys = Object.keys(value);
    if (typeof minProperties === "number" && keys.length < minProperties) this.#complain(schema, "minProperties");
    for (const missingProperty of (required ?? []) as string[]) {
      if (!Object.hasOwn(value, missingProperty)) this.#complain(schema, "required", { missingProperty });
    }
    const properties = schemaOf(schema["properties"]);
    for (const key of keys) {
      if (propertyNames !== undefined && !this.#holds(schemaOf(propertyNames), key)) {
        this.#complain(schema, "propertyNames", { propertyName: key });
      }
      const known = Object.hasOwn(properties, key);
      if (known) this.#within(key, schemaOf(properties[key]), value[key] as JsonValue);
      else if (more === false) this.#complain(schema, "additionalProperties", { additionalProperty: key });
      else if (more !== undefined) this.#within(key, schemaOf(more), value[key] as JsonValue);
    }
    if (schema["discriminator"] !== undefined) this.#checkTagged(schema, value);
  }

  /** A union whose branches have their own `const` of one key. */
  #checkTagged(schema: Schema, value: JsonObject): void {
    const { propertyName } = schema["discriminator"] as { propertyName: string };
    const tag = Object.hasOwn(value, propertyName) ? value[propertyName] : undefined;
    const branch = (schema["oneOf"] as Schema[]).find((one) => {
      const constant = schemaOf(schemaOf(one["properties"])[propertyName])["const"];
      return typeof tag === "string" && constant === tag;
    });
    if (branch === undefined) this.#complain(schema, "discriminator");
    else this.#check(branch, value);
  }

  #checkIf(schema: Schema, value: JsonValue): void {
    const next = schema[this.#holds(schemaOf(schema["if"]), value) ? "then" : "else"];
    if (next !== undefined) this.#check(schemaOf(next), value);
  }

  /** Whether there is nothing to complain of. */
  #holds(schema: Schema, value: JsonValue): boolean {
    const before = this.#violations;
    this.#violations = [];
    this.#check(schema, value);
    const holds = this.#violations.length === 0;
    this.#violations = before;
    return holds;
  }

  #within(part: string, schema: Schema, value: JsonValue): void {
    this.#path.push(part);
    this.#check(schema, value);
    this.#path.pop();
  }

  #complain(schema: Schema, keyword: string, params: Violation["params"] = {}): void {
    this.#violations.push({ keyword, path: [...this.#path], params, schema });
  }

  #resolve(ref: string): Schema {
    const found = schemaOf(this.#root["$defs"])[ref.replace("#/$defs/", "")];
    if (found === undefined) throw new Error(`Internal error: the schema has no ${ref}`);
    return schemaOf(found);
  }

  #pattern(text: string): RegExp {
    const known = this.#patterns.get(text) ?? new RegExp(text, "u");
    this.#patterns.set(text, known);
    return known;
  }
}

function schemaOf(part: unknown): Schema {
  return (part ?? {}) as Schema;
}

/** Of items that are complained of anyway, it is not worth a word that they are alike. */
function hasRepeated(value: readonly JsonValue[], items: Schema): boolean {
  const texts = value.filter((item) => isTyped(items, item)).map((item) => stableJson(item));
  return new Set(texts).size < texts.length;
}

function isTyped({ type }: Schema, value: JsonValue): boolean {
  return type === undefined || [type].flat().some((one) => isOfType(one, value));
}

function isOfType(type: unknown, value: JsonValue): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "number":
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function isSame(one: unknown, other: JsonValue): boolean {
  if (typeof other !== "object" || other === null) return one === other;
  return stableJson(one as JsonValue) === stableJson(other);
}
