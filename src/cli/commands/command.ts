import type { Arguments, OptionSpecs } from "../args.ts";
import type { ExitCode } from "../exit.ts";
import type { Host } from "../host.ts";

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole help text. */
  readonly help: string;
  readonly options: OptionSpecs;
  readonly maxPositionals: number;
  run(args: Arguments, host: Host): Promise<ExitCode>;
}

export const COMMON_OPTIONS: { json: { type: "boolean" }; help: { type: "boolean"; short: "h" } } = {
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
};
