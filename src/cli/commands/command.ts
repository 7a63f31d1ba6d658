import type { Arguments, OptionSpecs } from "../args.ts";
import type { ExitCode } from "../exit.ts";
import type { Host } from "../host.ts";

export interface Command {
  /** The whole help text. */
  readonly help: string;
  readonly options: OptionSpecs;
  readonly maxPositionals: number;
  /** What its first argument may be, of a command that takes one of a few words. */
  readonly words?: readonly string[];
  run(args: Arguments, host: Host): Promise<ExitCode>;
}

export const COMMON_OPTIONS: { json: { type: "boolean" }; help: { type: "boolean"; short: "h" } } = {
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
};

type Texts = { type: "string"; multiple: true };

/** Of commands that read a spec. */
export const SPEC_OPTIONS: typeof COMMON_OPTIONS & { set: Texts } = {
  ...COMMON_OPTIONS,
  set: { type: "string", multiple: true },
};

/** Of commands that plan. */
export const PLAN_OPTIONS: typeof SPEC_OPTIONS & { target: Texts; replace: Texts } = {
  ...SPEC_OPTIONS,
  target: { type: "string", multiple: true },
  replace: { type: "string", multiple: true },
};

export const SET_HELP = "--set KEY=VALUE    a value in place of the spec's: --set steering.layers=9..12; repeatable";
export const PLAN_HELP: string = `${SET_HELP}
  --target TASKS     only these tasks and what they need: an id with *, or steering[trait=evil,method=probe]
  --replace TASKS    make these again although they are up to date`;
