import type { ModelConfig } from "../weights/config.ts";
import { llama } from "./llama.ts";
import { qwen2 } from "./qwen2.ts";
import type { Architecture } from "./types.ts";

/** One line a family. */
const architectures: readonly Architecture[] = [llama, qwen2];

/** Throws EngineFailure `unsupported-model`. */
export function findArchitecture(config: ModelConfig): Architecture {
  const name = config.architecture();
  const found = architectures.find((architecture) => architecture.name === name);
  if (found !== undefined) return found;
  const known = architectures.map((architecture) => architecture.name).join(", ");
  throw config.unsupported(`the architecture ${name} is not one of those supported: ${known}.`);
}
