import { plural } from "../../report/units.ts";
import { acquireLock } from "../../runtime/lock.ts";
import { readState, StateStore } from "../../runtime/state.ts";
import { verifyArtifacts, withDependants, type Damage } from "../../runtime/verify.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { experimentFolder } from "../project.ts";
import { COMMON_OPTIONS, type Command } from "./command.ts";

export const verifyCommand: Command = {
  help: `Usage: steerform verify [SPEC] [options]

Hashes every artifact again, and looks into tensors for numbers that are none. What is damaged, and what was made
from it, is forgotten, so that the next apply makes it again, and only that.

Options:
  --dry-run          names what is damaged and forgets nothing
  --json             one JSON document
  -h, --help         this text

Exit codes: 0 everything is sound, 1 something is damaged.`,
  options: { ...COMMON_OPTIONS, "dry-run": { type: "boolean" } },
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const folder = experimentFolder(args.positionals[0], host);
    const dryRun = args.flag("dry-run");
    const lock = dryRun ? undefined : acquireLock(folder);
    try {
      const { records } = readState(folder);
      const damages: Damage[] = [];
      for (const one of verifyArtifacts(folder, records.values())) {
        damages.push(...one.damages);
        if (!args.flag("json")) for (const { id, path, what } of one.damages) host.out(`${path} ${what} (${id})`);
      }
      const damaged = withDependants(records, new Set(damages.map(({ id }) => id)));
      if (!dryRun && damaged.size > 0) {
        const state = StateStore.open(folder);
        for (const id of damaged) state.forget(id);
      }
      if (args.flag("json")) {
        const document = { format_version: 1, tasks: records.size, damages, forgotten: dryRun ? [] : [...damaged] };
        host.out(JSON.stringify(document, null, 2));
      } else host.out(summary(records.size, damages, damaged.size, dryRun));
      return damages.length === 0 ? EXIT.success : EXIT.failure;
    } finally {
      lock?.release();
    }
  },
};

function summary(tasks: number, damages: readonly Damage[], forgotten: number, dryRun: boolean): string {
  if (damages.length === 0) return `${plural(tasks, "task")}: every artifact is as it was written.`;
  const found = `${plural(damages.length, "artifact")} damaged.`;
  return dryRun ? found : `${found} The next apply makes ${plural(forgotten, "task")} again.`;
}
