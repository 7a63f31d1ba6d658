import { compileTemplate } from "../../runtime/template.ts";
import { nearest } from "../../util/nearest.ts";
import { UsageError } from "../args.ts";
import { TINY, type ProjectModels } from "./models.ts";
import { shippedFiles, shippedNames, shippedText, type NewFiles } from "./new-files.ts";
import { datasetsText, traitSkeleton, type Source, type Trait, type TraitDatasets } from "./trait.ts";

/** What of the package every project has a copy of: it is the project's own from then on. */
const COMMON = ["schema/experiment.schema.json", "schema/model.schema.json", "templates/judge/"];
const TINY_MODELS = ["models/tiny/base/", "models/tiny/instruct/", "models/tiny/judge/"];

const GITIGNORE = `# What experiments make, and GGUF files, converted.
experiments/
.steerform/
node_modules/
`;

export const SPEC_PATH = "specs/experiment.yaml";

/** The files of a project that runs on the models of the package, or on those that were named. Throws UsageError. */
export function projectFiles(trait: string, models: ProjectModels | undefined): NewFiles {
  const { instruct, base } = models ?? TINY;
  // Its chat template has no place for a system prompt (SF1512).
  const hasSystemPrompts = instruct !== undefined && !instruct.name.startsWith("gemma-2");
  const sources = [...(hasSystemPrompts ? ["instruction" as const] : []), ...(base ? ["natural" as const] : [])];
  const { datasets, files } = models === undefined ? tinyTrait(trait, sources) : studyTrait(trait, sources);
  const judge = models === undefined ? TINY.judge : undefined;
  const spec = compileTemplate(
    shippedText("templates/init/experiment.yaml.hbs"),
    "text",
  )({
    trait,
    base: base?.name ?? "",
    instruct: instruct?.name ?? "",
    judge: judge?.name ?? "",
    application: instruct === undefined ? "base" : "instruct",
    datasets: datasetsText(datasets),
    instruction: sources.includes("instruction"),
    natural: sources.includes("natural"),
    methods: models === undefined ? "mean_diff" : "mean_diff, probe",
    tokens: models === undefined ? 48 : 128,
    compare: instruct !== undefined && base !== undefined,
  });
  return new Map<string, string | Uint8Array>([
    [SPEC_PATH, spec],
    ...[base, instruct, judge].flatMap((model): [string, string][] =>
      model === undefined ? [] : [[`config/models/${model.name}.yaml`, model.text]],
    ),
    ...files,
    ...shippedFiles([...COMMON, ...(models === undefined ? TINY_MODELS : [])]),
    [".gitignore", GITIGNORE],
  ]);
}

interface Files {
  readonly datasets: TraitDatasets;
  readonly files: NewFiles;
}

function tinyTrait(trait: string, sources: readonly Source[]): Files {
  const known = shippedNames("datasets/traits/tiny_instruction/");
  if (!known.includes(trait)) {
    throw new UsageError(
      `The tiny models know ${known.join(" and ")} only: name a model for '${trait}', too.\nFor example: --trait ${trait} --model qwen2.5-0.5b`,
    );
  }
  return shippedTrait(Object.fromEntries(sources.map((source) => [source, `tiny_${source}/${trait}`])));
}

/** Of the shipped study where it has the trait, else a skeleton. */
function studyTrait(trait: string, sources: readonly Source[]): Files | Trait {
  const known = shippedNames("datasets/traits/pv_instruction/");
  if (known.includes(trait)) {
    // evil, evil_v3
    const named = (source: Source): string | undefined =>
      shippedNames(`datasets/traits/pv_${source}/`).find((name) => name.replace(/_v\d+$/, "") === trait);
    return shippedTrait(Object.fromEntries(sources.map((source) => [source, `pv_${source}/${named(source)}`])));
  }
  const near = nearest(trait, known);
  if (near !== undefined) {
    throw new UsageError(
      `No dataset of '${trait}' comes with steerform. Did you mean '${near}'?\nFor a new trait of that name: steerform new trait ${trait}`,
    );
  }
  return traitSkeleton(trait, sources);
}

function shippedTrait(datasets: TraitDatasets): Files {
  return { datasets, files: shippedFiles(Object.values(datasets).map((ref) => `datasets/traits/${ref}/`)) };
}
