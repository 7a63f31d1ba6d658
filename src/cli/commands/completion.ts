import { completionTable } from "../completion/table.ts";
import { COMPLETION_SCRIPTS } from "../completion/scripts.ts";
import { nearest } from "../../util/nearest.ts";
import { UsageError } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { compileSpec } from "../project.ts";
import { COMMON_OPTIONS, type Command } from "./command.ts";

const SHELLS = Object.keys(COMPLETION_SCRIPTS);

export const completionCommand: Command = {
  help: `Usage: steerform completion bash|zsh|fish
       steerform completion tasks [SPEC]

Prints a script that makes your shell complete commands, options, specs, and ids of tasks (after --target and its like).

  bash   eval "$(steerform completion bash)"        in ~/.bashrc
  zsh    eval "$(steerform completion zsh)"         in ~/.zshrc, after compinit
  fish   steerform completion fish | source         in ~/.config/fish/config.fish

tasks: the ids of a spec's tasks, a line each, which is what these scripts ask for.

Options:
  --json             a JSON document, of tasks
  -h, --help         this text`,
  options: COMMON_OPTIONS,
  maxPositionals: 2,
  words: [...SHELLS, "tasks"],
  async run(args, host): Promise<ExitCode> {
    const [what = "", spec] = args.positionals;
    if (what === "tasks") {
      const { experiment } = compileSpec(spec, host, {});
      const ids = (experiment?.tasks ?? []).map(({ id }) => id);
      if (args.flag("json"))
        host.out(JSON.stringify({ format_version: 1, ok: experiment !== undefined, ids }, null, 2));
      else for (const id of ids) host.out(id);
      return experiment === undefined ? EXIT.failure : EXIT.success;
    }
    const script = COMPLETION_SCRIPTS[what];
    if (script !== undefined) {
      host.out(script(await completionTable()));
      return EXIT.success;
    }
    const near = nearest(what, SHELLS);
    const question = near === undefined ? `There is: ${SHELLS.join(", ")}.` : `Did you mean '${near}'?`;
    throw new UsageError(
      what === "" ? `completion for which shell? ${question}` : `There is no completion for '${what}'. ${question}`,
    );
  },
};
