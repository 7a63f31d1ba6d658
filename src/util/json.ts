export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/** JSON with object keys sorted and no spaces: the same value gives the same text on every machine. */
export function stableJson(value: JsonValue): string {
  return new StableJsonWriter().write(value);
}

/** `stableJson` of many values that are much alike: how the keys of a kind of objects are written is worked out once. */
export class StableJsonWriter {
  readonly #shapes: Shape[][] = [];
  readonly #shared = new Map<object, string>();

  write(value: JsonValue): string {
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map((item: JsonValue) => this.writeShared(item)).join(",")}]`;
    const object = value as JsonObject;
    const { keys, beginnings } = shapeOf(Object.keys(object), this.#shapes);
    let text = keys.length === 0 ? "{" : "";
    for (let index = 0; index < keys.length; index++) {
      text += (beginnings[index] as string) + this.writeShared(object[keys[index] as string] ?? null);
    }
    return `${text}}`;
  }

  /** The same, written once for an object that comes again. Between its first time and its last it must not change. */
  writeShared(value: JsonValue): string {
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    const known = this.#shared.get(value);
    if (known !== undefined) return known;
    const text = this.write(value);
    this.#shared.set(value, text);
    return text;
  }
}

/** Keys in their order, and how each begins: `{"a":`, `,"b":`. */
interface Shape {
  readonly unsorted: readonly string[];
  readonly keys: readonly string[];
  readonly beginnings: readonly string[];
}

/** Shapes of one number of keys that are remembered. */
const MAX_SHAPES = 8;

function shapeOf(unsorted: readonly string[], shapes: Shape[][]): Shape {
  const alike = (shapes[unsorted.length] ??= []);
  const known = alike.find((shape) => shape.unsorted.every((key, index) => key === unsorted[index]));
  if (known !== undefined) return known;
  const keys = unsorted.toSorted();
  const beginnings = keys.map((key, index) => `${index === 0 ? "{" : ","}${JSON.stringify(key)}:`);
  const shape = { unsorted, keys, beginnings };
  if (alike.length < MAX_SHAPES) alike.push(shape);
  return shape;
}
