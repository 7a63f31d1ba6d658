import { formatTable } from "../../report/table.ts";
import { formatBytes, formatDuration, plural } from "../../report/units.ts";
import { acquireLock, breakLock } from "../../runtime/lock.ts";
import { readState, StateStore } from "../../runtime/state.ts";
import { nearest } from "../../util/nearest.ts";
import { UsageError, type Arguments } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Host } from "../host.ts";
import { experimentFolder } from "../project.ts";
import { COMMON_OPTIONS, type Command } from "./command.ts";

const ACTIONS = ["list", "rm", "unlock"] as const;

export const stateCommand: Command = {
  help: `Usage: steerform state list [options]           what was made, when, and how large it is
       steerform state rm TASK... [options]     forgets tasks (ids, with *): the next apply makes them again
       steerform state unlock [options]         removes the lock of an apply that is gone

Options:
  --spec SPEC        the experiment's spec; by default the only one in specs/
  --force            unlock: removes the lock of a process that may still be running
  --json             one JSON document
  -h, --help         this text`,
  options: { ...COMMON_OPTIONS, spec: { type: "string" }, force: { type: "boolean" } },
  maxPositionals: 1000,
  words: ACTIONS,
  async run(args, host): Promise<ExitCode> {
    const [name, ...patterns] = args.positionals;
    const action = ACTIONS.find((known) => known === name);
    if (action === undefined) {
      const near = name === undefined ? undefined : nearest(name, ACTIONS);
      throw new UsageError(
        name === undefined
          ? "state what? There is: list, rm, unlock."
          : `There is no state '${name}'.${near === undefined ? "" : ` Did you mean '${near}'?`}`,
      );
    }
    const folder = experimentFolder(args.text("spec"), host);
    if (action === "list") return list(folder, args, host);
    if (action === "rm") return forget(folder, patterns, args, host);
    const message = breakLock(folder, args.flag("force"));
    host.out(args.flag("json") ? JSON.stringify({ format_version: 1, message }) : message);
    return EXIT.success;
  },
};

function list(folder: string, args: Arguments, host: Host): ExitCode {
  const records = [...readState(folder).records.values()];
  if (args.flag("json")) {
    host.out(JSON.stringify({ format_version: 1, tasks: records }, null, 2));
    return EXIT.success;
  }
  const rows = records.map(({ id, outputs, durationMs, finishedAt }) => [
    id,
    finishedAt,
    formatDuration(durationMs),
    formatBytes(outputs.reduce((sum, { bytes }) => sum + bytes, 0)),
  ]);
  const columns = [
    { title: "task", align: "left" },
    { title: "made", align: "left" },
    { title: "took", align: "right" },
    { title: "size", align: "right" },
  ] as const;
  host.out(rows.length === 0 ? "Nothing has been made yet." : formatTable(columns, rows));
  return EXIT.success;
}

function forget(folder: string, patterns: readonly string[], args: Arguments, host: Host): ExitCode {
  if (patterns.length === 0) throw new UsageError("state rm needs the id of a task.");
  const lock = acquireLock(folder);
  try {
    const state = StateStore.open(folder);
    const ids = [...state.records.keys()];
    const found = new Set(patterns.flatMap((pattern) => matching(pattern, ids)));
    for (const id of found) state.forget(id);
    if (args.flag("json")) host.out(JSON.stringify({ format_version: 1, forgotten: [...found] }, null, 2));
    else host.out(`Forgot ${plural(found.size, "task")}. Their files stay until they are made again.`);
    return EXIT.success;
  } finally {
    lock.release();
  }
}

/** Throws UsageError when there is none. */
function matching(pattern: string, ids: readonly string[]): string[] {
  const escaped = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  const wildcard = new RegExp(`^${escaped}$`, "s");
  const found = ids.filter((id) => wildcard.test(id));
  if (found.length > 0) return found;
  const near = nearest(pattern, ids);
  throw new UsageError(`The state has no '${pattern}'.${near === undefined ? "" : ` Did you mean '${near}'?`}`);
}
