import { basename } from "node:path";
import { listFiles, modelInfo } from "@huggingface/hub";
import { Interrupted, RuntimeFailure } from "../failures.ts";
import { isCommit } from "./hub-cache.ts";
import { notTheHub, unreachable, withoutSafetensors } from "./hub-failures.ts";
import { bodyOf, get, type Hub } from "./hub-request.ts";
import { patiently } from "./patience.ts";

/** A file of a repository. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  /** Of large files the sha256, of others git's sha1: the name of its blob in the cache. */
  readonly etag: string;
}

/** What a model's folder needs, at the commit that the wanted revision is now. */
export interface HubListing {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

const INDEX = "model.safetensors.index.json";
const SINGLE = "model.safetensors";

/** What there may be besides the weights; the first one has to be there. */
const SMALL_FILES = new Set([
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "tokenizer.model",
  "chat_template.jinja",
  "chat_template.json",
  INDEX,
]);

/** The only door to @huggingface/hub: what it lists, with our own patience. Rejects with RuntimeFailure. */
export async function listSnapshot(hub: Hub): Promise<HubListing> {
  const { access, wanted } = hub;
  const asked = { hubUrl: access.endpoint, fetch: patientFetch(hub) };
  try {
    const { sha: commit } = await modelInfo({
      ...asked,
      name: wanted.repository,
      revision: wanted.revision,
      additionalFields: ["sha"],
    });
    if (!isCommit(commit)) throw notTheHub(access, `the commit of ${wanted.repository} is ${JSON.stringify(commit)}`);
    const files = new Map<string, HubFile>();
    for await (const { type, path, size, oid, lfs } of listFiles({
      ...asked,
      repo: wanted.repository,
      revision: commit,
    })) {
      const etag = lfs?.oid ?? oid ?? "";
      if (type !== "file" || basename(path) !== path) continue;
      if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag)) throw notTheHub(access, `${path} has the checksum "${etag}"`);
      files.set(path, { path, bytes: size, etag });
    }
    const weights = files.has(INDEX) ? await shardsOf(commit, hub) : [SINGLE];
    const missing = weights.find((name) => !files.has(name));
    if (missing === SINGLE) throw withoutSafetensors(wanted);
    if (missing !== undefined) throw notTheHub(access, `${INDEX} names ${missing}, which is not in the repository`);
    const needed = [...files.values()].filter(({ path }) => SMALL_FILES.has(path) || weights.includes(path));
    return { commit, files: needed.toSorted((a, b) => a.bytes - b.bytes) };
  } catch (error) {
    if (error instanceof RuntimeFailure || error instanceof Interrupted || !(error instanceof Error)) throw error;
    throw notTheHub(access, error.message);
  }
}

/** Where a file of a commit is. */
export function fileUrl({ access, wanted }: Hub, commit: string, path: string): string {
  return `${access.endpoint}/${wanted.repository}/resolve/${commit}/${encodeURIComponent(path)}`;
}

/** A small file's text. Rejects with RuntimeFailure. */
export async function fetchText(path: string, commit: string, hub: Hub): Promise<string> {
  return (await patientFetch(hub)(fileUrl(hub, commit, path))).text();
}

async function shardsOf(commit: string, hub: Hub): Promise<string[]> {
  const text = await fetchText(INDEX, commit, hub);
  const index = JSON.parse(text) as { readonly weight_map?: Readonly<Record<string, string>> };
  return [...new Set(Object.values(index.weight_map ?? {}))];
}

/** fetch, for answers that fit into memory. */
function patientFetch(hub: Hub): typeof fetch {
  const giveUp = (reason: string): Error => unreachable(hub.wanted, hub.access, reason);
  return (input, init) =>
    patiently(
      async () => {
        const headers = Object.fromEntries(new Headers(init?.headers));
        const response = await get(input instanceof Request ? input.url : String(input), hub, headers);
        const parts: Uint8Array[] = [];
        for await (const part of bodyOf(response, hub)) parts.push(part);
        return new Response(Buffer.concat(parts), { status: response.status, headers: response.headers });
      },
      hub.patience,
      giveUp,
    );
}
