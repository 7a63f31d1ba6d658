import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../../compiler/files/json.ts";
import { shapeOfConfig } from "../../engine/index.ts";
import type { HubRevision } from "../../domain/weights.ts";
import { RuntimeFailure } from "../failures.ts";
import { hubAccess, isOffline } from "./hub-access.ts";
import { downloadCommand, findInHubCache, hubCache, type Environment } from "./hub-cache.ts";
import type { Hub } from "./hub-request.ts";

/** A file of config/models. */
export interface ModelFile {
  /** Without its folder and ending. */
  readonly name: string;
  readonly prompt: "chat" | "raw";
  readonly text: string;
}

/**
 * The file of config/models for a model of the hub, made of its config.json and of whether it has a chat template: from
 * this machine's cache where it is there, else asked of the hub. Rejects with RuntimeFailure or EngineFailure.
 */
export async function describeHubModel(
  repository: string,
  signal: AbortSignal,
  env: Environment = process.env,
): Promise<ModelFile> {
  const wanted: HubRevision = { repository, revision: "main" };
  const read = readerOf(findInHubCache(wanted, env)) ?? (await askHub({ wanted, signal, env }));
  const config = parseJson((await read("config.json")) ?? "")?.value;
  const shape = shapeOfConfig((config ?? {}) as Record<string, unknown>, `hf://${repository}/config.json`);
  const tokenizer = await read("tokenizer_config.json");
  const isChat = /"chat_template"\s*:/.test(tokenizer ?? "") || (await read("chat_template.jinja")) !== undefined;
  const prompt = isChat ? "chat" : "raw";
  const lines = [
    "# yaml-language-server: $schema=../../schema/model.schema.json",
    `weights: hf://${repository}`,
    `prompt: ${prompt}`,
    `layers: ${shape.layers}`,
    `hidden_size: ${shape.hiddenSize}`,
    `context: ${shape.maxPositions}`,
    `vocab_size: ${shape.vocabSize}`,
  ];
  const name = (repository.split("/")[1] as string).toLowerCase();
  return { name, prompt, text: `${lines.join("\n")}\n` };
}

/** A file's text; undefined when the model has none of that name. */
type ReadFile = (file: string) => Promise<string | undefined>;

/** Undefined when the config is not there. */
function readerOf(folder: string | undefined): ReadFile | undefined {
  if (folder === undefined || !existsSync(join(folder, "config.json"))) return undefined;
  return async (file) => (existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8") : undefined);
}

interface Asking {
  readonly wanted: HubRevision;
  readonly signal: AbortSignal;
  readonly env: Environment;
}

async function askHub({ wanted, signal, env }: Asking): Promise<ReadFile> {
  if (isOffline(env)) {
    const message = `${wanted.repository} is not in the Hugging Face cache (${hubCache(env)}), and HF_HUB_OFFLINE is set.`;
    throw new RuntimeFailure("weights-missing", message, `Unset it, or elsewhere: ${downloadCommand(wanted)}`);
  }
  const { listSnapshot, fetchText } = await import("./hub-listing.ts");
  const hub: Hub = { access: hubAccess(env), wanted, patience: { signal, attempts: 3 } };
  const { commit, files } = await listSnapshot(hub);
  const names = new Set(files.map(({ path }) => path));
  return async (file) => (names.has(file) ? fetchText(file, commit, hub) : undefined);
}
