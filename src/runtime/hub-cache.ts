import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A repository of the Hugging Face hub: `<org>/<name>`, at a branch, a tag or a commit. */
export interface HubRevision {
  readonly repository: string;
  readonly revision: string;
}

const COMMIT = /^[0-9a-f]{40}$/;

/**
 * The folder that the hub's own tools keep a repository's files in, absolute; undefined when they have not downloaded it.
 * Layout: models--<org>--<name>/refs/<revision> holds a commit, snapshots/<commit> the files, as links to blobs. Source:
 * https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
export function findInHubCache({ repository, revision }: HubRevision, env: Environment): string | undefined {
  const folder = join(hubCache(env), `models--${repository.replaceAll("/", "--")}`);
  const commit = COMMIT.test(revision) ? revision : readRef(join(folder, "refs", revision));
  const snapshot = join(folder, "snapshots", commit);
  return COMMIT.test(commit) && existsSync(snapshot) ? snapshot : undefined;
}

/** Empty for whatever is no file that can be read. */
function readRef(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error) return "";
    throw error;
  }
}

/** By the rules of huggingface_hub (constants.py), so that what its tools download is found. Absolute. */
export function hubCache(env: Environment): string {
  const inHome = (path: string): string => resolve(path.replace(/^~(?=\/|$)/, env["HOME"] ?? homedir()));
  const set = (name: string): string | undefined => env[name] || undefined;
  const cache = set("HF_HUB_CACHE");
  if (cache !== undefined) return inHome(cache);
  return inHome(join(set("HF_HOME") ?? join(set("XDG_CACHE_HOME") ?? "~/.cache", "huggingface"), "hub"));
}

/** The command that downloads it into the cache. */
export function downloadCommand({ repository, revision }: HubRevision): string {
  return `hf download ${repository}${revision === "main" ? "" : ` --revision ${revision}`}`;
}
