import { nearest } from "../../util/nearest.ts";
import { RuntimeFailure } from "../../runtime/failures.ts";
import { describeHubModel, type ModelFile } from "../../runtime/weights/hub-model.ts";
import { UsageError } from "../args.ts";
import { shippedNames, shippedText } from "./new-files.ts";

/** A model that follows instructions, the one that it was made of, or one of both. */
export interface ProjectModels {
  readonly instruct?: ModelFile;
  readonly base?: ModelFile;
}

/** The three that come with the weights in the package. */
export const TINY: Readonly<Record<"instruct" | "base" | "judge", ModelFile>> = {
  instruct: shipped("tiny-instruct"),
  base: shipped("tiny-base"),
  judge: shipped("tiny-judge"),
};

/**
 * The models that a name on the command line means: a file of config/models with its other half, or a model of the hub, on
 * its own unless there is a file for it. Throws UsageError; rejects with what asking the hub does.
 */
export async function findModels(wanted: string, signal: AbortSignal): Promise<ProjectModels> {
  const models = shippedModels();
  const repository = /^(?:hf:\/\/)?(\w[\w.-]*\/\w[\w.-]*)$/.exec(wanted)?.[1];
  const found = models.find(({ name, text }) =>
    repository === undefined ? name === wanted : text.includes(`\nweights: hf://${repository}\n`),
  );
  if (found !== undefined) return withOtherHalf(found, models);
  if (repository === undefined) throw unknownModel(wanted, models);
  const model = await describeHubModel(repository, signal).catch((error: unknown) => {
    throw error instanceof RuntimeFailure ? withAdvice(error, repository, models) : error;
  });
  return { [model.prompt === "chat" ? "instruct" : "base"]: model };
}

/** Nothing was to be downloaded yet, and the name may be a slip of one that needs no asking. */
function withAdvice(
  { kind, message, hint }: RuntimeFailure,
  repository: string,
  models: readonly ModelFile[],
): RuntimeFailure {
  const known = models.flatMap(({ text }) => /^weights: hf:\/\/(.+)$/m.exec(text)?.[1] ?? []);
  const near = nearest(repository, known);
  const question = near === undefined ? "" : `Did you mean ${near}? `;
  const advice =
    kind === "hub-unreachable" ? "Its shape is asked for there: check the network, or write its file by hand." : hint;
  return new RuntimeFailure(kind, message, question + advice);
}

/** `qwen3-8b` and `qwen3-8b-base`, `gemma-2-2b-it` and `gemma-2-2b`: the same words but for what the model was made into. */
function withOtherHalf(model: ModelFile, models: readonly ModelFile[]): ProjectModels {
  const family = ({ name }: ModelFile): string => name.replace(/-(instruct|it|base)(?=-|$)/, "");
  const half = (prompt: "chat" | "raw") => models.find((one) => one.prompt === prompt && family(one) === family(model));
  const [instruct, base] = [half("chat"), half("raw")];
  return { ...(instruct && { instruct }), ...(base && { base }) };
}

function unknownModel(wanted: string, models: readonly ModelFile[]): UsageError {
  const names = models.map(({ name }) => name);
  const near = nearest(wanted, names);
  const question = near === undefined ? "" : ` Did you mean '${near}'?`;
  return new UsageError(
    `There is no model '${wanted}'.${question}\nKnown: ${names.join(", ")}; any other as <org>/<name> of the Hugging Face hub.`,
  );
}

function shippedModels(): ModelFile[] {
  const names = shippedNames("config/models/").map((file) => file.replace(/\.yaml$/, ""));
  return names
    .filter((name) => !name.startsWith("tiny-"))
    .toSorted()
    .map(shipped);
}

function shipped(name: string): ModelFile {
  const text = shippedText(`config/models/${name}.yaml`);
  return { name, text, prompt: /^prompt: chat$/m.test(text) ? "chat" : "raw" };
}
