import { dirname, join, relative, resolve } from "node:path";
import { findModels } from "../scaffold/models.ts";
import { foundText, writeNew } from "../scaffold/new-files.ts";
import { projectFiles, SPEC_PATH } from "../scaffold/project.ts";
import { requireTraitName } from "../scaffold/trait.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Host } from "../host.ts";
import { specFiles } from "../project.ts";
import { COMMON_OPTIONS, type Command } from "./command.ts";

export const initCommand: Command = {
  help: `Usage: steerform init [FOLDER] [options]

Makes a project that runs: a spec to start from, and the models, datasets and judge's templates that it names. Without
options it is an experiment on three tiny models, which are copied, too: it needs no network, no GPU and no key.
Asks nothing, and changes no file that is there.

Options:
  --model MODEL      your own model: a name of config/models (with its base or instruct half), or <org>/<name> of the
                     Hugging Face hub; apply downloads it
  --trait TRAIT      sycophancy unless given; with --model also evil, hallucination, or a trait of your own to fill in
  --json             one JSON document: the files
  -h, --help         this text`,
  options: { ...COMMON_OPTIONS, model: { type: "string" }, trait: { type: "string" } },
  maxPositionals: 1,
  async run(args, host): Promise<ExitCode> {
    const folder = resolve(host.cwd, args.positionals[0] ?? "");
    const trait = args.text("trait") ?? "sycophancy";
    requireTraitName(trait);
    const model = args.text("model");
    const models = model === undefined ? undefined : await findModels(model, host.gone);
    const written = writeNew(folder, projectFiles(trait, models));
    if (args.flag("json")) {
      host.out(JSON.stringify({ format_version: 1, ok: true, folder, ...written }, null, 2));
      return EXIT.success;
    }
    host.out(foundText(written));
    host.out(`\n${nextSteps(folder, models !== undefined, host)}`);
    return EXIT.success;
  },
};

/** Without a spec's name, commands take the only one. */
function nextSteps(folder: string, isOwnModel: boolean, { cwd, program }: Host): string {
  const elsewhere = relative(cwd, folder);
  const spec = specFiles(join(folder, dirname(SPEC_PATH))).length > 1 ? ` ${SPEC_PATH}` : "";
  const steps = [
    ...(elsewhere === "" ? [] : [[`cd ${elsewhere}`, ""]]),
    ...(isOwnModel
      ? [["export OPENAI_API_KEY=...", `the judge's key; ${SPEC_PATH} says how to use another judge`]]
      : []),
    [`${program} validate${spec}`, `checks ${SPEC_PATH}`],
    [`${program} plan${spec}`, "shows what it takes; runs nothing"],
    [
      `${program} apply${spec}`,
      isOwnModel ? "downloads the weights and runs it" : "runs it: a minute or two on a laptop",
    ],
  ];
  const width = Math.max(...steps.map(([command = ""]) => command.length));
  return ["Next:", ...steps.map(([command = "", what]) => `  ${command.padEnd(width)}  ${what}`.trimEnd())].join("\n");
}
