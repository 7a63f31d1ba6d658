export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

/** JSON with object keys sorted and no spaces: the same value gives the same text on every machine. */
export function stableJson(value: JsonValue): string {
  return new StableJsonWriter().write(value);
}

/**
 * `stableJson` of many values that are much alike, such as the parameters of a kind of tasks: what is as it was the last
 * time, an object by its identity, is not written again. Between its first time and its last it must not change.
 */
export class StableJsonWriter {
  readonly #shapes: Shape[][] = [];

  write(value: JsonValue): string {
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map((item: JsonValue) => this.write(item)).join(",")}]`;
    return `{${this.members(value as JsonObject)}}`;
  }

  /** What stands between an object's braces. */
  members(object: JsonObject): string {
    const { keys, beginnings, values, texts } = shapeOf(Object.keys(object), this.#shapes);
    let text = "";
    for (let index = 0; index < keys.length; index++) {
      const item = object[keys[index] as string] ?? null;
      if (item !== values[index]) {
        texts[index] = (beginnings[index] as string) + this.write(item);
        values[index] = item;
      }
      text += texts[index] as string;
    }
    return text;
  }
}

/** Objects with the same keys, and the last of them. */
interface Shape {
  readonly unsorted: readonly string[];
  /** Sorted, as all that follows. */
  readonly keys: readonly string[];
  /** How each begins: `"a":`, `,"b":`. */
  readonly beginnings: readonly string[];
  readonly values: (JsonValue | undefined)[];
  /** Of each value, with its beginning. */
  readonly texts: string[];
}

/** Shapes of one number of keys that are remembered. */
const MAX_SHAPES = 8;

function shapeOf(unsorted: readonly string[], shapes: Shape[][]): Shape {
  const alike = (shapes[unsorted.length] ??= []);
  const known = alike.find((shape) => shape.unsorted.every((key, index) => key === unsorted[index]));
  if (known !== undefined) return known;
  const keys = unsorted.toSorted();
  const beginnings = keys.map((key, index) => `${index === 0 ? "" : ","}${JSON.stringify(key)}:`);
  const shape = { unsorted, keys, beginnings, values: [], texts: [] };
  if (alike.length < MAX_SHAPES) alike.push(shape);
  return shape;
}
