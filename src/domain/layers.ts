/** Layers as a spec names them, before the model's depth is known. */
export type LayerSpec =
  | { readonly kind: "all" }
  | { readonly kind: "list"; readonly layers: readonly number[] }
  /** Both ends are meant. */
  | { readonly kind: "range"; readonly first: number; readonly last: number }
  /** Percent of the depth; both ends are meant. */
  | { readonly kind: "percent"; readonly first: number; readonly last: number };

/**
 * Reads `all`, `30%-60%`, `9..19`, a layer or a list of layers. `{ error }` is a clause without a full stop.
 */
export function parseLayers(value: string | number | readonly number[]): LayerSpec | { readonly error: string } {
  if (typeof value === "number") return { kind: "list", layers: [value] };
  if (typeof value !== "string") return { kind: "list", layers: value };
  const text = value.trim();
  if (text === "all") return { kind: "all" };
  const percent = /^(\d{1,3}(?:\.\d+)?)%\s*-\s*(\d{1,3}(?:\.\d+)?)%$/.exec(text);
  const range = /^(\d{1,6})\s*\.\.\s*(\d{1,6})$/.exec(text);
  const match = percent ?? range;
  if (match === null) return { error: `'${value}' are not layers, such as all, 30%-60%, 9..19 or [12, 14]` };
  const [first, last] = [Number(match[1]), Number(match[2])];
  if (first > last) return { error: `'${value}' ends before it begins` };
  if (percent !== null && last > 100) return { error: `'${value}' goes beyond 100%` };
  return { kind: percent === null ? "range" : "percent", first, last };
}

/**
 * The layers of a model of `depth` layers, 0-indexed, ascending. `{ error }` is a clause without a full stop.
 *
 * A percent p is layer ⌊depth · p⌋, so "30%-60%" of 32 layers is 9…19; 100% is the last layer.
 */
export function resolveLayers(spec: LayerSpec, depth: number): number[] | { readonly error: string } {
  switch (spec.kind) {
    case "all":
      return span(0, depth - 1);
    case "list":
      return within(
        spec.layers.toSorted((a, b) => a - b),
        depth,
      );
    case "range":
      return within(span(spec.first, spec.last), depth);
    case "percent": {
      const layers = span(layerAt(spec.first, depth), Math.min(depth - 1, layerAt(spec.last, depth)));
      return layers.length > 0 ? layers : { error: `${spec.first}%-${spec.last}% of ${depth} layers is no layer` };
    }
  }
}

function layerAt(percent: number, depth: number): number {
  return Math.floor((depth * percent) / 100);
}

function within(layers: number[], depth: number): number[] | { readonly error: string } {
  const beyond = layers.find((layer) => layer >= depth);
  return beyond === undefined
    ? layers
    : { error: `layer ${beyond} is beyond the model's ${depth} layers, 0 to ${depth - 1}` };
}

function span(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
