import { formatBytes, plural } from "../../report/units.ts";
import { findGarbage, removeFile } from "../../runtime/garbage.ts";
import { acquireLock } from "../../runtime/lock.ts";
import { observeState } from "../../runtime/observe.ts";
import { StateStore } from "../../runtime/state.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { compileSpec, diagnosticsJson, planAgainst, printDiagnostics } from "../project.ts";
import { SET_HELP, SPEC_OPTIONS, type Command } from "./command.ts";

export const gcCommand: Command = {
  help: `Usage: steerform gc [SPEC] [options]

Shows the tasks that were made and that the spec no longer has, and their files. Deletes them with --yes.

Options:
  -y, --yes          deletes them
  ${SET_HELP}
  --json             one JSON document
  -h, --help         this text`,
  options: { ...SPEC_OPTIONS, yes: { type: "boolean", short: "y" } },
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const json = args.flag("json");
    const request = { set: args.texts("set"), target: [], replace: [] };
    const compiled = compileSpec(args.positionals[0], host, { set: request.set });
    const { experiment } = compiled;
    if (experiment === undefined) {
      if (json) host.out(JSON.stringify({ format_version: 1, ok: false, diagnostics: diagnosticsJson(compiled) }));
      else printDiagnostics(compiled, host);
      return EXIT.failure;
    }
    const { folder } = experiment;
    const deletes = args.flag("yes");
    const lock = deletes ? acquireLock(folder) : undefined;
    try {
      const state = await observeState(folder)();
      const garbage = findGarbage(state.records, planAgainst(experiment, state, request).orphans);
      const bytes = garbage.files.reduce((sum, file) => sum + file.bytes, 0);
      if (deletes && garbage.ids.length > 0) {
        // Forgotten first: a record without its file is made again, a file without a record is only litter.
        const store = StateStore.open(folder);
        for (const id of garbage.ids) store.forget(id);
        for (const { path } of garbage.files) removeFile(folder, path);
      }
      if (json) host.out(JSON.stringify({ format_version: 1, ok: true, deleted: deletes, bytes, ...garbage }, null, 2));
      else {
        for (const { path } of garbage.files) host.out(`  - ${path}`);
        const what = `${plural(garbage.ids.length, "task")} no longer in the spec, ${plural(garbage.files.length, "file")}, ${formatBytes(bytes)}`;
        const next = garbage.ids.length === 0 ? "." : deletes ? ": deleted." : ". Delete them with steerform gc --yes.";
        host.out(what + next);
      }
      return EXIT.success;
    } finally {
      lock?.release();
    }
  },
};
