import { parseArgs, type ParseArgsConfig } from "node:util";
import { nearest } from "../util/nearest.ts";

export type OptionSpecs = NonNullable<ParseArgsConfig["options"]>;

export interface Arguments {
  readonly positionals: readonly string[];
  flag(name: string): boolean;
  text(name: string): string | undefined;
  /** Of an option that may be given several times. */
  texts(name: string): readonly string[];
}

/** The command line was not understood: exit 64. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Throws UsageError. */
export function readArguments(args: readonly string[], options: OptionSpecs, maxPositionals: number): Arguments {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (positionals.length > maxPositionals)
      throw new UsageError(`Unexpected argument '${positionals[maxPositionals]}'.`);
    return {
      positionals,
      flag: (name) => values[name] === true,
      text: (name) => (typeof values[name] === "string" ? values[name] : undefined),
      texts: (name) => [values[name] ?? []].flat().filter((value) => typeof value === "string"),
    };
  } catch (error) {
    if (error instanceof TypeError && "code" in error) throw new UsageError(wordsOf(error, options));
    throw error;
  }
}

/** Node's message, without its advice on options that look like files. */
function wordsOf({ message }: Error, options: OptionSpecs): string {
  const unknown = /^Unknown option '(-+([^']*))'/.exec(message);
  if (unknown === null) return `${(message.split("\n")[0] as string).replace(/\.?$/, "")}.`;
  const near = nearest(unknown[2] as string, Object.keys(options));
  return `Unknown option '${unknown[1]}'.${near === undefined ? "" : ` Did you mean '--${near}'?`}`;
}
