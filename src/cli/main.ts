import { nearest } from "../util/nearest.ts";
import { readArguments, UsageError } from "./args.ts";
import { COMMANDS } from "./commands/index.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { failureOf } from "../runtime/failures.ts";
import { processHost, type Host } from "./host.ts";
import { toolVersion } from "../runtime/tool-version.ts";

/** Runs a command line and sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const host = processHost();
  process.exitCode = await runCommandLine(argv, host);
}

export async function runCommandLine(argv: readonly string[], host: Host): Promise<ExitCode> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    host.out(overview());
    return name === undefined ? EXIT.usage : EXIT.success;
  }
  if (name === "--version" || name === "version") {
    host.out(toolVersion());
    return EXIT.success;
  }
  const listed = COMMANDS.find((candidate) => candidate.name === name);
  try {
    if (listed === undefined) {
      const near = nearest(
        name,
        COMMANDS.map((candidate) => candidate.name),
      );
      throw new UsageError(`Unknown command '${name}'.${near === undefined ? "" : ` Did you mean '${near}'?`}`);
    }
    const command = await listed.load();
    const args = readArguments(rest, command.options, command.maxPositionals);
    if (args.flag("help")) {
      host.out(command.help);
      return EXIT.success;
    }
    return await command.run(args, host);
  } catch (error) {
    return report(error, name, rest.includes("--json"), host);
  }
}

function report(error: unknown, name: string, json: boolean, host: Host): ExitCode {
  if (error instanceof UsageError) {
    host.err(
      `${error.message}\nTry: steerform ${COMMANDS.some((command) => command.name === name) ? `${name} ` : ""}--help`,
    );
    return EXIT.usage;
  }
  const failure = failureOf(error);
  if (failure !== undefined) {
    // The command's document, or the last event of its stream.
    if (json) host.out(JSON.stringify({ format_version: 1, ok: false, type: "failure", failure, diagnostics: [] }));
    host.err(`error: ${failure.message}\nhint: ${failure.hint}`);
    return EXIT.failure;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  host.err(`${detail}\n\nInternal error: this is a bug of steerform ${toolVersion()} on Node ${process.version}.`);
  host.err("Please report it with the text above and the command you ran.");
  return EXIT.internal;
}

function overview(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length));
  return [
    "steerform: steering-vector experiments from one YAML file",
    "",
    "Usage: steerform <command> [SPEC] [options]",
    "SPEC defaults to the only file in specs/.",
    "",
    ...COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    "",
    "steerform <command> --help says more.",
  ].join("\n");
}
