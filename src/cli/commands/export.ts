import { writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { formatBytes, plural } from "../../report/units.ts";
import { ArtifactReader } from "../../runtime/artifact-reader.ts";
import { EXPORT_FORMATS } from "../../runtime/export/index.ts";
import type { ExportSource } from "../../runtime/export/types.ts";
import { RuntimeFailure } from "../../runtime/failures.ts";
import { makeFolder } from "../../runtime/files.ts";
import { UsageError } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { compileAndObserve, diagnosticsJson, planAgainst, printDiagnostics, tasksNamed } from "../project.ts";
import { SET_HELP, SPEC_OPTIONS, type Command } from "./command.ts";

const FORMATS = EXPORT_FORMATS.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join("\n");

export const exportCommand: Command = {
  help: `Usage: steerform export [SPEC] --format FORMAT [options]

Writes what was made and is up to date in a form that other tools read. Runs nothing.

Formats:
${FORMATS}

Options:
  --format FORMAT    one of those
  --to FOLDER        where to; experiments/NAME/exports/FORMAT unless given
  --target TASKS     only of these tasks: an id with *, or vectors[trait=evil,method=probe]; repeatable
  ${SET_HELP}
  --json             one JSON document: the files
  -h, --help         this text`,
  options: {
    ...SPEC_OPTIONS,
    format: { type: "string" },
    to: { type: "string" },
    target: { type: "string", multiple: true },
  },
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const json = args.flag("json");
    const format = EXPORT_FORMATS.find(({ name }) => name === args.text("format"));
    if (format === undefined) {
      throw new UsageError(`--format takes one of: ${EXPORT_FORMATS.map(({ name }) => name).join(", ")}.`);
    }
    const { compiled, observed } = compileAndObserve(args.positionals[0], host, { set: args.texts("set") });
    const { experiment } = compiled;
    if (experiment === undefined) {
      if (json) host.out(JSON.stringify({ format_version: 1, ok: false, diagnostics: diagnosticsJson(compiled) }));
      else printDiagnostics(compiled, host);
      return EXIT.failure;
    }
    const state = await observed(experiment);
    const targets = args.texts("target");
    const only = targets.length > 0 ? tasksNamed("--target", targets, experiment) : undefined;
    const plan = planAgainst(experiment, state, { set: [], target: [], replace: [] });
    const artifacts = new ArtifactReader(experiment, state.records);
    const source: ExportSource = {
      experiment,
      tasks: plan.tasks.filter(({ id, action }) => action === "keep" && only?.has(id) !== false),
      records: state.records,
      readFile: (path) => artifacts.read(path),
    };
    const folder = resolve(host.cwd, args.text("to") ?? join(experiment.folder, "exports", format.name));
    const files: string[] = [];
    let bytes = 0;
    for (const { path, content } of source.tasks.length === 0 ? [] : format.files(source)) {
      makeFolder(dirname(join(folder, path)));
      writeFileSync(join(folder, path), content);
      files.push(join(folder, path));
      bytes += Buffer.byteLength(content);
    }
    if (files.length === 0) {
      const message = `${experiment.name} has nothing to export as ${format.name} yet.`;
      throw new RuntimeFailure("results-missing", message, "steerform apply makes it.");
    }
    const paths = files.map((file) => relative(host.cwd, file));
    if (json) host.out(JSON.stringify({ format_version: 1, ok: true, format: format.name, files: paths }, null, 2));
    else host.out(`${plural(files.length, "file")}, ${formatBytes(bytes)}, in ${relative(host.cwd, folder) || "."}`);
    return EXIT.success;
  },
};
