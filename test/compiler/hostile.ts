import type { Compilation, CompileOptions } from "../../src/compiler/compile.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import { renderDiagnostic } from "../../src/diagnostics/render.ts";
import { SourceFile, type Place } from "../../src/diagnostics/source-file.ts";
import { compileFiles, type MemoryProject } from "./rig.ts";

/** Of CPU time. */
const MAX_MS = 1000;
/** Of a compilation with thousands of diagnostics, so many are rendered. */
const RENDERED = 20;

/** A key that services would give; it is put into files, and must not come out again. */
export const SECRET = "sk-proj-Zq81Hx03mPfLw7TbYd52KcRv";
/** In the middle of a word it is none. */
const ECHO = new RegExp(`\\b${SECRET}`);

/**
 * Whatever it is given, the compiler answers soon: an experiment, or errors in order, each with a place in a file; it
 * echoes no secret and leaves the world as it was. What is not so about the answer; nothing when all is well.
 */
export function wrongWith(project: MemoryProject, options?: CompileOptions): string[] {
  const answer = timed(project, options);
  // Other work on the machine makes CPU time longer, too.
  for (let again = 0; again < 3 && answer.ms > MAX_MS; again++) answer.ms = timed(project, options).ms;
  const slow = answer.ms > MAX_MS ? [`takes ${Math.round(answer.ms)} ms`] : [];
  return [...slow, ...wrongAnswer(answer.compilation)];
}

function timed(project: MemoryProject, options: CompileOptions | undefined): { compilation: Compilation; ms: number } {
  const before = process.cpuUsage();
  const compilation = compileFiles(project, options);
  const { user, system } = process.cpuUsage(before);
  return { compilation, ms: (user + system) / 1000 };
}

function wrongAnswer(compilation: Compilation): string[] {
  const { diagnostics, experiment } = compilation;
  const hasErrors = diagnostics.some(({ severity }) => severity === "error");
  return [
    ...(hasErrors === (experiment === undefined) ? [] : ["neither an experiment nor an error, or both"]),
    ...outOfOrder(compilation),
    ...diagnostics.flatMap((one) => placesOf(one).flatMap((place) => wrongPlace(one.code, place, compilation))),
    ...diagnostics.slice(0, RENDERED).flatMap((one) => wrongText(one, compilation)),
    ...(ECHO.test(JSON.stringify(diagnostics)) ? ["a diagnostic echoes a secret"] : []),
    ...(isPolluted() ? ["a prototype has changed"] : []),
  ];
}

function placesOf({ place, related, suggestions }: Diagnostic): Place[] {
  return [place, ...related.map((one) => one.place), ...suggestions.map((one) => one.place)];
}

/** By file, the spec's first, then by place. */
function outOfOrder({ diagnostics, specFile }: Compilation): string[] {
  const rank = ({ place: { file, range } }: Diagnostic): string =>
    `${file === specFile ? "" : file}\u0000${String(range.start.offset).padStart(9, "0")}`;
  const ranks = diagnostics.map(rank);
  return ranks.every((one, index) => index === 0 || (ranks[index - 1] as string) <= one) ? [] : ["not in order"];
}

/** Lines and columns that are in the text, and those of the offset. */
function wrongPlace(code: string, { file, range }: Place, { sources }: Compilation): string[] {
  const source = sources.get(file) ?? new SourceFile(file, "");
  const { start, end } = range;
  const isInside = [start, end].every((position) => {
    const { line, column, offset } = source.position(position.offset);
    return line === position.line && column === position.column && offset === position.offset;
  });
  if (!isInside) return [`${code} has a place outside of ${file}: ${JSON.stringify(range)}`];
  return start.offset <= end.offset ? [] : [`${code} ends before it begins`];
}

/** What a terminal would obey. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u;

function wrongText(one: Diagnostic, { sources }: Compilation): string[] {
  const text = renderDiagnostic(one, { sources });
  return [
    ...(text.includes(one.code) ? [] : [`${one.code} is not shown`]),
    ...(ECHO.test(text) ? [`${one.code} shows a secret`] : []),
    ...(CONTROL.test(text.replaceAll("\n", "")) ? [`${one.code} shows a control character`] : []),
  ];
}

const PROTOTYPES = [Object.prototype, Array.prototype, String.prototype, Map.prototype, Function.prototype];
const shapeOf = (): string => JSON.stringify(PROTOTYPES.map((one) => Reflect.ownKeys(one).map(String)));
const SHAPE = shapeOf();

function isPolluted(): boolean {
  return shapeOf() !== SHAPE || Object.keys({}).length > 0 || "polluted" in {};
}
