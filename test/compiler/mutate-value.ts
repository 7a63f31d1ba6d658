import fc from "fast-check";

/** Values that no place of a spec expects, beside some that many expect. */
const ODD: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1,
  0.5,
  101,
  1e300,
  -1e-300,
  "",
  "x",
  "🙂",
  "all",
  "__proto__",
  "response[:5]",
  "base",
  "openai",
  [],
  {},
  [null],
  [[]],
  [1, 1],
  ["x", "x"],
  ["a", "b", "c"],
  { a: 1 },
  { "": {} },
  { "a/b~c": 1 },
  { provider: "openai" },
  { provider: 1 },
];

const odd = fc.constantFrom(...ODD);

const names = fc.oneof(
  fc.constantFrom("a", "", "vairants", "model", "__proto__", "constructor", "toString", "a/b~c", "0", "\u0000", "é"),
  fc.string({ maxLength: 5 }),
);

/** What is done at one place: the numbers lead there from the root. */
interface Step {
  readonly numbers: readonly number[];
  readonly what: "replace" | "remove" | "add" | "repeat" | "swap";
  readonly value: unknown;
  readonly name: string;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  numbers: fc.array(fc.nat(), { minLength: 10, maxLength: 10 }),
  what: fc.constantFrom("replace", "remove", "add", "repeat", "swap"),
  value: odd,
  name: names,
});

/** A JSON value with up to so many places replaced, removed, repeated or added to. */
export function withOddities(value: object, most: number): fc.Arbitrary<unknown> {
  return fc.array(anyStep, { minLength: 1, maxLength: most }).map((steps) => {
    const holder = { root: structuredClone(value) as unknown };
    for (const one of steps) mutate(holder, "root", one, 0);
    return holder.root;
  });
}

function mutate(holder: Record<string, unknown>, key: string, step: Step, depth: number): void {
  const inner = holder[key];
  const turn = step.numbers[depth] ?? 0;
  if (isObject(inner) && depth < step.numbers.length - 1 && turn % 5 !== 0) {
    const keys = Object.keys(inner);
    const next = keys[turn % Math.max(1, keys.length)];
    if (next !== undefined) return mutate(inner, next, step, depth + 1);
  }
  apply(holder, key, step);
}

function apply(holder: Record<string, unknown>, key: string, { what, value: shared, name, numbers }: Step): void {
  const inner = holder[key];
  const value = structuredClone(shared);
  switch (what) {
    case "remove":
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      break;
    case "add":
      if (Array.isArray(inner)) inner.push(value);
      else if (isObject(inner)) set(inner, name, value);
      else holder[key] = value;
      break;
    case "repeat":
      if (Array.isArray(inner)) inner.push(...structuredClone(inner));
      else holder[key] = [inner, inner];
      break;
    case "swap": {
      const other = Object.keys(holder)[(numbers[9] ?? 0) % Object.keys(holder).length] as string;
      [holder[key], holder[other]] = [holder[other], holder[key]];
      break;
    }
    case "replace":
      holder[key] = value;
  }
}

/** Also a key called __proto__ is a key. */
function set(holder: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
