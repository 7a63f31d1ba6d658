import type { Command } from "./command.ts";

/** A command in the list of commands. It is loaded when it is run: none waits for what only another needs. */
export interface ListedCommand {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const COMMANDS: readonly ListedCommand[] = [
  {
    name: "init",
    summary: "makes a project that runs: a spec, models, datasets",
    load: async () => (await import("./init.ts")).initCommand,
  },
  {
    name: "validate",
    summary: "checks everything that can be known without running a model",
    load: async () => (await import("./validate.ts")).validateCommand,
  },
  {
    name: "plan",
    summary: "shows what apply would do, and why",
    load: async () => (await import("./plan.ts")).planCommand,
  },
  {
    name: "apply",
    summary: "executes only what is missing or stale",
    load: async () => (await import("./apply.ts")).applyCommand,
  },
  {
    name: "show",
    summary: "shows results, vectors or tasks: show results|vectors|TASK [SPEC]",
    load: async () => (await import("./show.ts")).showCommand,
  },
  {
    name: "report",
    summary: "writes what was found, with pictures and responses",
    load: async () => (await import("./report.ts")).reportCommand,
  },
  {
    name: "export",
    summary: "writes vectors and results for torch, llama.cpp, pandas: export --format pt|safetensors|gguf|csv|jsonl",
    load: async () => (await import("./export.ts")).exportCommand,
  },
  {
    name: "import",
    summary: "takes over what was exported, or an experiment in the study's layout: import FOLDER [SPEC]",
    load: async () => (await import("./import.ts")).importCommand,
  },
  {
    name: "verify",
    summary: "re-reads every artifact and names what is damaged",
    load: async () => (await import("./verify.ts")).verifyCommand,
  },
  {
    name: "state",
    summary: "looks at and mends the record of what was made: state list|rm|unlock",
    load: async () => (await import("./state.ts")).stateCommand,
  },
  {
    name: "gc",
    summary: "deletes what the spec no longer has",
    load: async () => (await import("./gc.ts")).gcCommand,
  },
  {
    name: "new",
    summary: "writes the files of a new trait, to fill in: new trait NAME",
    load: async () => (await import("./new.ts")).newCommand,
  },
  {
    name: "doctor",
    summary: "says what runs on this machine, and what a spec still needs",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  {
    name: "explain",
    summary: "says more of a diagnostic: explain SF1303",
    load: async () => (await import("./explain.ts")).explainCommand,
  },
  {
    name: "completion",
    summary: "prints a script that makes a shell complete commands: completion bash|zsh|fish",
    load: async () => (await import("./completion.ts")).completionCommand,
  },
];
