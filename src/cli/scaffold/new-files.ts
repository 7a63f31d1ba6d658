import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder } from "../../runtime/files.ts";
import { plural } from "../../report/units.ts";
import { packageFile } from "../../util/package-files.ts";
import { UsageError } from "../args.ts";

/** Texts or bytes by `/`-separated path. */
export type NewFiles = ReadonlyMap<string, string | Uint8Array>;

export interface Written {
  /** Paths of files that are new. */
  readonly made: readonly string[];
  /** Paths of files that were there, and are as they were. */
  readonly kept: readonly string[];
}

/**
 * Writes the files that are not there. Throws UsageError, before anything is written, where a file is in the way of a
 * folder; what the system refuses is thrown as it comes.
 */
export function writeNew(folder: string, files: NewFiles): Written {
  for (const path of files.keys()) refuseFileInTheWay(join(folder, path));
  const [made, kept]: [string[], string[]] = [[], []];
  for (const [path, content] of files) {
    const target = join(folder, path);
    if (existsSync(target)) {
      kept.push(path);
      continue;
    }
    makeFolder(dirname(target));
    writeFileSync(target, content, { flag: "wx" });
    made.push(path);
  }
  return { made, kept };
}

function refuseFileInTheWay(path: string): void {
  let above = dirname(path);
  while (!existsSync(above)) above = dirname(above);
  if (!statSync(above).isDirectory()) {
    throw new UsageError(`${above} is a file, and has to be a folder: move it away, or choose another folder.`);
  }
}

/** A text of this package. */
export function shippedText(path: string): string {
  return readFileSync(packageFile(path), "utf8");
}

/** Files of this package, which a project has under the same paths: those named, and all in the folders named (`x/`). */
export function shippedFiles(paths: readonly string[]): Map<string, Uint8Array> {
  const files = paths.flatMap((path) =>
    path.endsWith("/") ? shippedNames(path).map((name) => `${path}${name}`) : [path],
  );
  return new Map(files.map((path) => [path, readFileSync(packageFile(path))]));
}

/** Names in a folder of this package, in order. */
export function shippedNames(folder: string): string[] {
  return readdirSync(packageFile(folder)).toSorted();
}

/** What was made and what was there, a folder of many files a line. */
export function foundText({ made, kept }: Written): string {
  const lists = [
    made.length === 0 ? "Nothing is new." : `Made:\n${foldersText(made)}`,
    ...(kept.length === 0 ? [] : [`Was there, and is as it was:\n${foldersText(kept)}`]),
  ];
  return lists.join("\n");
}

/** Datasets and models are shown as folders. */
function foldersText(paths: readonly string[]): string {
  const places = paths.map(
    (path) => /^(datasets\/traits\/.*|models\/.*|templates\/.*)\/[^/]+$/.exec(path)?.[1] ?? path,
  );
  const counts = new Map<string, number>();
  for (const place of places) counts.set(place, (counts.get(place) ?? 0) + 1);
  return [...counts]
    .map(([place, count]) => `  ${paths.includes(place) ? place : `${place}/  ${plural(count, "file")}`}`)
    .join("\n");
}
