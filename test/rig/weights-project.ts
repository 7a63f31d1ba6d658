import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { serveHub, type HubServer } from "./hub-server.ts";
import { createProject, REPOSITORY, type Project } from "./project.ts";
import { tempFolder } from "./temp-folder.ts";

/** An experiment of three tasks, that runs one model. */
const SPEC = `version: 1
experiment: small
variants: { base: { model: mine } }
engine: { provider: cpu, max_batch_tokens: 2048 }
traits: { sycophancy: { natural: tiny_natural/sycophancy } }
sources: { natural: { variant: base } }
extraction:
  methods: [mean_diff]
  matrix: { trait: [sycophancy], include: [{ source: natural, position: "response[:5]" }] }
`;

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
export const TINY: string = join(REPOSITORY, "models/tiny/base");
export const SHAPE: string = "prompt: raw\nlayers: 8\nhidden_size: 128\nparameters: 1837184\n";

/** A project whose model has these weights. */
export function projectWith(weights: string, shape: string = SHAPE): Project {
  const project = createProject(SPEC);
  project.write("config/models/mine.yaml", `weights: ${weights}\n${shape}`);
  return project;
}

interface Hub {
  readonly server: HubServer;
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  /** Bytes of the weights that were sent, in answer to each request. */
  readonly sent: () => number[];
}

/** A hub that has the tiny base model as org/tiny, and what makes steerform use it. */
export async function hub(): Promise<Hub> {
  const files = Object.fromEntries(readdirSync(TINY).map((name) => [name, readFileSync(join(TINY, name))]));
  const server = await serveHub({ name: "org/tiny", commit: COMMIT, refs: ["main"], files, largeFrom: 100_000 });
  const home = tempFolder();
  const env = { HF_ENDPOINT: server.endpoint, HF_HOME: home, HF_TOKEN: "hf_dontTellAnybody" };
  const weights = () =>
    server.requests.filter(({ route, file }) => route === "storage" && file === "model.safetensors");
  return { server, env, home, sent: () => weights().map(({ sent }) => sent) };
}

const blobsOf = (home: string): string => join(home, "hub/models--org--tiny/blobs");

/** Bytes of the largest file that is not whole. */
export function partial(home: string): number {
  const names = existsSync(blobsOf(home)) ? readdirSync(blobsOf(home)) : [];
  const sizes = names
    .filter((name) => name.endsWith(".incomplete"))
    .map((name) => statSync(join(blobsOf(home), name)).size);
  return Math.max(0, ...sizes);
}
