import { existsSync, rmSync, statfsSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, syncFolder, writeDurably } from "../files.ts";
import { checkConfig } from "../../engine/index.ts";
import { waitForLock } from "../lock.ts";
import { downloadFile, partialOf } from "./download-file.ts";
import { hubCache, isCommit, repositoryFolder, type Environment } from "./hub-cache.ts";
import { tooLarge } from "./hub-failures.ts";
import { fileUrl, type HubFile, type HubListing } from "./hub-listing.ts";
import type { Hub } from "./hub-request.ts";

/** Files at a time: one connection alone is slower than most networks. */
const CONNECTIONS = 4;

/**
 * Downloads a revision's files into the cache, in the layout of the hub's own tools: blobs first, then the snapshot's links,
 * its config.json last, then the ref. So a snapshot that was cut short has no config.json, and is not taken for whole.
 * `onBytes` gets what there is more of the listing's bytes. Rejects with RuntimeFailure or EngineFailure.
 */
export async function downloadSnapshot(
  { commit, files }: HubListing,
  hub: Hub,
  env: Environment,
  onBytes: (bytes: number) => void,
  onWait: (owner: string) => void,
): Promise<void> {
  const { repository, revision } = hub.wanted;
  const folder = repositoryFolder(repository, env);
  const [blobs, snapshot] = [join(folder, "blobs"), join(folder, "snapshots", commit)];
  const lockPath = join(hubCache(env), ".locks", `models--${repository.replaceAll("/", "--")}`, "steerform.lock");
  const lock = await waitForLock(lockPath, hub.patience.signal, onWait);
  try {
    makeFolder(blobs);
    const missing = files.filter(({ etag, bytes }) => {
      const isThere = existsSync(join(blobs, etag));
      if (isThere) onBytes(bytes);
      return !isThere;
    });
    requireSpace(missing, blobs);
    await inParallel(missing, hub, async (file, one) => {
      await downloadFile(file, fileUrl(hub, commit, file.path), join(blobs, file.etag), one, onBytes);
      // Better to hear of it before the weights have come.
      if (file.path === "config.json") checkConfig(join(blobs, file.etag), `hf://${repository}/config.json`);
    });
    makeFolder(snapshot);
    const configLast = files.toSorted((a, b) => Number(a.path === "config.json") - Number(b.path === "config.json"));
    for (const { path, etag } of configLast) link(`../../blobs/${etag}`, join(snapshot, path));
    syncFolder(snapshot);
    if (!isCommit(revision)) writeDurably(join(folder, "refs", revision), commit);
  } finally {
    lock.release();
  }
}

/** Bytes of a listing that the cache has not. */
export function missingBytes({ files }: HubListing, repository: string, env: Environment): number {
  const blobs = join(repositoryFolder(repository, env), "blobs");
  return files.reduce((sum, { etag, bytes }) => (existsSync(join(blobs, etag)) ? sum : sum + bytes), 0);
}

/** All of them, or the first error; the others stop where they are. */
async function inParallel(
  files: readonly HubFile[],
  hub: Hub,
  work: (file: HubFile, hub: Hub) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([hub.patience.signal, stop.signal]);
  const one: Hub = { ...hub, patience: { ...hub.patience, signal } };
  const queue = files.values();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const file of queue) await work(file, one);
  };
  await Promise.all(
    Array.from({ length: CONNECTIONS }, () =>
      worker().catch((error: unknown) => {
        failures.push(error);
        stop.abort();
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}

function requireSpace(files: readonly HubFile[], blobs: string): void {
  const needed = files.reduce((sum, { etag, bytes }) => sum + bytes - sizeOf(partialOf(join(blobs, etag))), 0);
  const { bavail, bsize } = statfsSync(blobs);
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  if (needed > bavail * bsize) throw tooLarge(gigabytes(needed), gigabytes(bavail * bsize), blobs);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function link(target: string, path: string): void {
  if (existsSync(path)) return;
  // One that leads nowhere.
  rmSync(path, { force: true });
  symlinkSync(target, path);
}
