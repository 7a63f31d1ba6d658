import type { ModelConfig } from "../weights/config.ts";
import { gemma2 } from "./gemma2.ts";
import { llama } from "./llama.ts";
import { mistral } from "./mistral.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";
import type { Architecture } from "./types.ts";

/** One line a family. */
const architectures: readonly Architecture[] = [llama, mistral, qwen2, qwen3, gemma2];

/** Where configs of mixtures of experts say how many they have. */
const EXPERTS = ["num_experts", "num_local_experts", "n_routed_experts"] as const;

/** Throws EngineFailure `unsupported-model`. */
export function findArchitecture(config: ModelConfig): Architecture {
  const name = config.architecture();
  const found = architectures.find((architecture) => architecture.name === name);
  if (found !== undefined) return found;
  const experts = EXPERTS.find((field) => config.has(field));
  if (experts !== undefined) {
    throw config.unsupported(`${name} is a mixture of experts ("${experts}"), and experts are not supported.`);
  }
  const known = architectures.map((architecture) => architecture.name).join(", ");
  throw config.unsupported(`the architecture ${name} is not one of those supported: ${known}.`);
}
