import { COMMANDS } from "../commands/index.ts";

/** What can be completed after a command's name. */
export interface Row {
  readonly name: string;
  readonly summary: string;
  /** With their dashes. */
  readonly options: readonly Option[];
  /** What the first argument may be besides a spec. */
  readonly words: readonly string[];
}

export interface Option {
  readonly name: string;
  /** What follows it: nothing, ids of tasks, a file or another text. */
  readonly takes: "nothing" | "tasks" | "text";
}

/** Options whose value names tasks. */
const OF_TASKS = new Set(["target", "replace", "why"]);

/** Every command with its options, as the commands themselves have them. */
export async function completionTable(): Promise<Row[]> {
  return Promise.all(
    COMMANDS.map(async ({ name, summary, load }) => {
      const { options, words = [] } = await load();
      const all = Object.entries(options).map(([option, { type }]): Option => {
        const takes = type === "boolean" ? "nothing" : OF_TASKS.has(option) ? "tasks" : "text";
        return { name: `--${option}`, takes };
      });
      return { name, summary, options: all, words };
    }),
  );
}

/** Names of all options that take this, once. */
export function optionsThatTake(takes: Option["takes"], rows: readonly Row[]): string[] {
  const all = rows.flatMap(({ options }) => options.filter((option) => option.takes === takes));
  return [...new Set(all.map(({ name }) => name))];
}
