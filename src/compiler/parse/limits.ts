/*
 * What a YAML text may be, found out before it is parsed, which takes a second for a text at these limits. A spec of a
 * hundred thousand tasks has some 25,000 characters, 4,000 of them signs.
 */

const MAX_CHARACTERS = 500_000;
const MAX_SIGNS = 30_000;
/** Deeper nesting than anyone writes; the parser itself gives out at some hundreds. */
export const MAX_DEPTH = 64;

/** Characters that begin or part values: with so many, a text has at most one value more. */
const SIGNS = /[[\]{},:"'&*!?\n]/g;

export interface TooLong {
  readonly at: number;
  /** How much is too much: "500000 characters". */
  readonly limit: string;
}

/** Where a text is too long; signs in comments and texts count too. */
export function findTooLong(text: string): TooLong | undefined {
  if (text.length > MAX_CHARACTERS) return { at: MAX_CHARACTERS, limit: `${MAX_CHARACTERS} characters` };
  let count = 0;
  for (const { index } of text.matchAll(SIGNS)) {
    if (++count > MAX_SIGNS) return { at: index, limit: `${MAX_SIGNS} commas, colons, brackets, quotes and lines` };
  }
  return undefined;
}

/** Where a text is nested too deeply. Brackets, steps of indentation and `- ` in comments and texts count too. */
export function findTooDeep(text: string): number | undefined {
  return findBracket(text) ?? findIndented(text);
}

function findBracket(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "[" || character === "{") depth++;
    else if ((character === "]" || character === "}") && depth > 0) depth--;
    if (depth > MAX_DEPTH) return at;
  }
  return undefined;
}

/** What begins a line: spaces, and `- ` and the like, each of which holds what follows. */
const BEGINNING = /^ *(?:[-?:][ \t]+)*(?=\S)/gm;

function findIndented(text: string): number | undefined {
  /** Columns at which the values that the line is inside of begin. */
  const columns: number[] = [];
  for (const { 0: beginning, index } of text.matchAll(BEGINNING)) {
    const indentation = beginning.search(/\S|$/);
    while (columns.length > 0 && (columns.at(-1) as number) >= indentation) columns.pop();
    columns.push(indentation);
    for (const mark of beginning.slice(indentation).matchAll(/[-?:][ \t]+/g)) {
      columns.push(indentation + mark.index + mark[0].length);
      if (columns.length > MAX_DEPTH) return index + indentation + mark.index;
    }
    if (columns.length > MAX_DEPTH) return index + indentation;
  }
  return undefined;
}
