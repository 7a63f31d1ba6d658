import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import type { HubRevision } from "../../domain/weights.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const COMMIT = /^[0-9a-f]{40}$/;

/** A commit is a revision that does not move. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/**
 * The folder that the hub's own tools keep a repository in, absolute. Layout: refs/<revision> holds a commit,
 * snapshots/<commit> the files, as links to blobs/<etag>. Source:
 * https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
export function repositoryFolder(repository: string, env: Environment): string {
  return join(hubCache(env), `models--${repository.replaceAll("/", "--")}`);
}

/** The folder with a revision's files, absolute; undefined when none of them was downloaded. */
export function findInHubCache({ repository, revision }: HubRevision, env: Environment): string | undefined {
  const folder = repositoryFolder(repository, env);
  const commit = isCommit(revision) ? revision : readRef(join(folder, "refs", revision));
  const snapshot = join(folder, "snapshots", commit);
  return isCommit(commit) && existsSync(snapshot) ? snapshot : undefined;
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
  const cache = env["HF_HUB_CACHE"] || env["HUGGINGFACE_HUB_CACHE"];
  return cache ? inHome(cache, env) : join(hubHome(env), "hub");
}

/** The folder of all that the hub's tools keep: the cache, and the token that `hf auth login` writes. Absolute. */
export function hubHome(env: Environment): string {
  return inHome(env["HF_HOME"] || join(env["XDG_CACHE_HOME"] || "~/.cache", "huggingface"), env);
}

export function inHome(path: string, env: Environment): string {
  return resolve(path.replace(/^~(?=\/|$)/, env["HOME"] ?? homedir()));
}

/** The command that downloads it into the cache. */
export function downloadCommand({ repository, revision }: HubRevision): string {
  return `hf download ${repository}${revision === "main" ? "" : ` --revision ${revision}`}`;
}
