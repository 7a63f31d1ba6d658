import { compileTemplate } from "../../runtime/template.ts";
import { UsageError } from "../args.ts";
import { shippedText } from "./new-files.ts";

/** As the schema has it. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Sources that a trait may have, and their own files beside the definition and the questions. */
const FILES = {
  instruction: ["instruction/positive.jsonl", "instruction/negative.jsonl"],
  natural: ["natural/positive.txt", "natural/negative.txt"],
} as const;

export type Source = keyof typeof FILES;

/** A trait's dataset, `<set>/<trait>`, for each source. */
export type TraitDatasets = Readonly<Partial<Record<Source, string>>>;

export interface Trait {
  readonly datasets: TraitDatasets;
  readonly files: ReadonlyMap<string, string>;
}

/** Throws UsageError. */
export function requireTraitName(name: string): void {
  if (NAME.test(name)) return;
  const mended = name.replaceAll(/[^A-Za-z0-9_.-]+/g, "_").replace(/^[^A-Za-z0-9]+/, "");
  const question = NAME.test(mended) ? ` Did you mean '${mended}'?` : "";
  throw new UsageError(
    `'${name}' is no name of a trait: letters, digits, _, - and . that begin with a letter or digit.${question}`,
  );
}

/** The files of a new trait, each with what belongs there: validate refuses them until they are filled in (SF1419). */
export function traitSkeleton(trait: string, sources: readonly Source[]): Trait {
  const files = sources.flatMap((source) =>
    [...FILES[source], "definition.txt", "steering.json"].map((file): [string, string] => {
      const path = `datasets/traits/${source}/${trait}/${file.replace(/^.*\//, "")}`;
      return [path, compileTemplate(shippedText(`templates/trait/${file}`), "text")({ trait })];
    }),
  );
  return {
    datasets: Object.fromEntries(sources.map((source) => [source, `${source}/${trait}`])),
    files: new Map(files),
  };
}

/** `sycophancy: { instruction: pv_instruction/sycophancy }`, as a spec has it under `traits`. */
export function datasetsText(datasets: TraitDatasets): string {
  return Object.entries(datasets)
    .map(([source, ref]) => `${source}: ${ref}`)
    .join(", ");
}
