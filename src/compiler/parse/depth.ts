/** Deeper nesting than anyone writes; the parser itself gives out at some hundreds. */
export const MAX_DEPTH = 64;

/**
 * Where a YAML text is nested too deeply, found before it is parsed. Brackets, steps of indentation and `- ` that stand
 * in comments and texts count too.
 */
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
