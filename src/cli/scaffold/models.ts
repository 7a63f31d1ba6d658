import { nearest } from "../../util/nearest.ts";
import { describeHubModel } from "../../runtime/weights/hub-model.ts";
import { UsageError } from "../args.ts";
import { shippedNames, shippedText } from "./new-files.ts";

/** A model of a new project. */
export interface ProjectModel {
  /** Of config/models/<name>.yaml. */
  readonly name: string;
  readonly prompt: "chat" | "raw";
  /** The file. */
  readonly text: string;
}

/** A model that follows instructions, the one that it was made of, or one of both. */
export interface ProjectModels {
  readonly instruct?: ProjectModel;
  readonly base?: ProjectModel;
}

/** The three that come with the weights in the package. */
export const TINY: Readonly<Record<"instruct" | "base" | "judge", ProjectModel>> = {
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
  const { name, prompt, text } = await describeHubModel(repository, signal);
  return { [prompt === "chat" ? "instruct" : "base"]: { name, prompt, text } };
}

/** `qwen3-8b` and `qwen3-8b-base`, `gemma-2-2b-it` and `gemma-2-2b`: the same words but for what the model was made into. */
function withOtherHalf(model: ProjectModel, models: readonly ProjectModel[]): ProjectModels {
  const family = ({ name }: ProjectModel): string => name.replace(/-(instruct|it|base)(?=-|$)/, "");
  const half = (prompt: "chat" | "raw") => models.find((one) => one.prompt === prompt && family(one) === family(model));
  const [instruct, base] = [half("chat"), half("raw")];
  return { ...(instruct && { instruct }), ...(base && { base }) };
}

function unknownModel(wanted: string, models: readonly ProjectModel[]): UsageError {
  const names = models.map(({ name }) => name);
  const near = nearest(wanted, names);
  const question = near === undefined ? "" : ` Did you mean '${near}'?`;
  return new UsageError(
    `There is no model '${wanted}'.${question}\nKnown: ${names.join(", ")}; any other as <org>/<name> of the Hugging Face hub.`,
  );
}

function shippedModels(): ProjectModel[] {
  const names = shippedNames("config/models/").map((file) => file.replace(/\.yaml$/, ""));
  return names
    .filter((name) => !name.startsWith("tiny-"))
    .toSorted()
    .map(shipped);
}

function shipped(name: string): ProjectModel {
  const text = shippedText(`config/models/${name}.yaml`);
  return { name, text, prompt: /^prompt: chat$/m.test(text) ? "chat" : "raw" };
}
