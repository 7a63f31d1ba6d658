/** The tokens that a slice counts in: the prompt's, the response's, or both as one sequence. */
export type Frame = "prompt" | "response" | "all";

/** Which tokens of a prompt and its response are averaged: `response[:5]`, `prompt[-1]`. Python's semantics. */
export type Position =
  | { readonly frame: Frame; readonly index: number }
  | { readonly frame: Frame; readonly start: number | undefined; readonly stop: number | undefined };

const PATTERN = /^(prompt|response|all)\[([^[\]]*)\]$/;
const INTEGER = /^[+-]?\d{1,9}$/;

/**
 * Reads a position. `{ error }` is a clause without a full stop ("'response' has no [slice]"), for text that is no
 * position and for slices that can hold no token whatever the text (`response[5:5]`).
 */
export function parsePosition(text: string): Position | { readonly error: string } {
  const match = PATTERN.exec(text.trim());
  if (match === null) {
    return { error: `'${text}' is not a position, such as response[:5], prompt[-1] or all[:]` };
  }
  const frame = match[1] as Frame;
  const parts = (match[2] ?? "").split(":").map((part) => part.trim());
  if (parts.some((part) => part !== "" && !INTEGER.test(part))) {
    return { error: `'${text}' has something other than whole numbers between its brackets` };
  }
  if (parts.length > 2) return { error: `'${text}' has a step; a position is [start:stop] or [index]` };
  const [first = "", second] = parts;
  if (second === undefined) {
    if (first === "") return { error: `'${text}' has nothing between its brackets; [:] takes every token` };
    return { frame, index: toInteger(first) };
  }
  // A start of 0 says what no start says: both are written, and compared, as one.
  const start = first === "" ? undefined : toInteger(first) || undefined;
  const stop = second === "" ? undefined : toInteger(second);
  if (isAlwaysEmpty(start ?? 0, stop)) return { error: `'${text}' selects no token: it ends before it begins` };
  return { frame, start, stop };
}

/** The one way to write a position: `parsePosition(formatPosition(p))` is `p`. */
export function formatPosition(position: Position): string {
  const { frame } = position;
  if ("index" in position) return `${frame}[${position.index}]`;
  return `${frame}[${position.start ?? ""}:${position.stop ?? ""}]`;
}

/** The folder of a position's artifacts: `response[:5]` is `response__5`, `response[:]` is `response_all`. */
export function positionDirectory(position: Position): string {
  return formatPosition(position).replace("[:]", "_all").replace("[", "_").replace("]", "").replace(":", "_");
}

/**
 * Indices into the prompt's ids followed by the response's, ascending. Empty when the text has no token there; lengths
 * are in tokens.
 */
export function positionIndices(position: Position, promptLength: number, responseLength: number): number[] {
  const offset = position.frame === "response" ? promptLength : 0;
  const length = { prompt: promptLength, response: responseLength, all: promptLength + responseLength }[position.frame];
  const [begin, end] = bounds(position, length);
  return Array.from({ length: Math.max(0, end - begin) }, (_, index) => offset + begin + index);
}

/** Response tokens after which more change nothing at this position; "all" when it counts from the response's end. */
export function tokensNeeded(position: Position): number | "all" {
  if (position.frame === "prompt") return 0;
  if ("index" in position) return position.index < 0 ? "all" : position.index + 1;
  const { start = 0, stop } = position;
  return stop === undefined || stop < 0 || start < 0 ? "all" : stop;
}

/** Half-open, within 0…length. */
function bounds(position: Position, length: number): [number, number] {
  const fromStart = (value: number): number => Math.min(length, Math.max(0, value < 0 ? value + length : value));
  if ("index" in position) {
    const index = position.index < 0 ? position.index + length : position.index;
    return index < 0 || index >= length ? [0, 0] : [index, index + 1];
  }
  return [fromStart(position.start ?? 0), position.stop === undefined ? length : fromStart(position.stop)];
}

/** Whatever the length: both ends count from the same side, and the stop is not after the start. */
function isAlwaysEmpty(start: number, stop: number | undefined): boolean {
  return stop !== undefined && start < 0 === stop < 0 && stop <= start;
}

/** Number("-0") is -0, which JSON and comparisons treat in two ways. */
function toInteger(text: string): number {
  return Number(text) + 0;
}
