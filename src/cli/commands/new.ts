import { join } from "node:path";
import { findProjectDir } from "../../compiler/files/project.ts";
import { diskReader } from "../../runtime/project-reader.ts";
import { UsageError } from "../args.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { foundText, writeNew } from "../scaffold/new-files.ts";
import { datasetsText, requireTraitName, traitSkeleton } from "../scaffold/trait.ts";
import { COMMON_OPTIONS, type Command } from "./command.ts";

export const newCommand: Command = {
  help: `Usage: steerform new trait NAME [options]

Writes the files of a new trait to the project, each with what belongs there: scenarios in which a model shows it and in
which it does not, by instruction and by natural beginnings of texts, the judge's definition, and questions.
validate names what is still to be written. Changes no file that is there.

Options:
  --json             one JSON document: the files, and the dataset of each source
  -h, --help         this text`,
  options: COMMON_OPTIONS,
  maxPositionals: 2,
  words: ["trait"],
  async run(args, host): Promise<ExitCode> {
    const [what, name] = args.positionals;
    if (what !== "trait") throw new UsageError(`new what? There is: trait.`);
    if (name === undefined) throw new UsageError("new trait needs a name.");
    requireTraitName(name);
    const { datasets, files } = traitSkeleton(name, ["instruction", "natural"]);
    const written = writeNew(findProjectDir(join(host.cwd, "specs", "spec.yaml"), diskReader()), files);
    if (args.flag("json")) {
      host.out(JSON.stringify({ format_version: 1, ok: true, ...written, datasets }, null, 2));
      return EXIT.success;
    }
    host.out(`${foundText(written)}

Next: fill them in; each says what belongs there. Then the spec, under traits:
  ${name}: { ${datasetsText(datasets)} }
and ${name} in extraction.matrix.trait. ${host.program} validate says what is still to be written.`);
    return EXIT.success;
  },
};
