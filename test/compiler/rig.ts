import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, type Compilation, type CompileOptions } from "../../src/compiler/compile.ts";
import type { ProjectReader, TextRead, WeightsRead } from "../../src/compiler/reader.ts";
import type { WeightsLocation } from "../../src/domain/weights.ts";
import { schemaCheck } from "../../src/runtime/schemas.ts";

export const REPOSITORY: string = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const ROOT = "/project";

/** A project in memory: files by their path in the project. */
export interface MemoryProject {
  readonly files: Readonly<Record<string, string>>;
  /** By path in the project, or `hf://<org>/<name>@<revision>`. */
  readonly weights?: Readonly<Record<string, MemoryWeights>>;
  /** Files that cannot be read as text, and how. */
  readonly unreadable?: Readonly<Record<string, TextRead>>;
  readonly root?: string;
}

/** What is not said of weights that are there is as in the tiny models. */
export type MemoryWeights =
  | Exclude<WeightsRead, { readonly status: "ok" }>
  | (Pick<OkWeights, "status" | "digest" | "layers" | "hiddenSize"> & Partial<OkWeights>);
type OkWeights = Extract<WeightsRead, { readonly status: "ok" }>;

export function memoryReader({ files, weights = {}, unreadable = {}, root = ROOT }: MemoryProject): ProjectReader {
  const inside = (path: string) => relative(root, path);
  const names = [...Object.keys(files), ...Object.keys(unreadable)];
  return {
    exists: (path) => names.some((name) => name === inside(path) || name.startsWith(`${inside(path)}/`)),
    readText(path) {
      const name = inside(path);
      const text = files[name];
      return unreadable[name] ?? (text === undefined ? { status: "missing" } : { status: "ok", text });
    },
    list(path) {
      const prefix = `${inside(path)}/`;
      const under = names.filter((name) => name.startsWith(prefix));
      return [...new Set(under.map((name) => name.slice(prefix.length).split("/")[0] as string))];
    },
    weights(location) {
      const [name, folder] = placeOf(location, inside);
      const read = weights[name] ?? missingWeights(name);
      return read.status === "ok"
        ? { folder, context: 1024, vocabSize: 2048, takesSystemPrompts: true, ...read }
        : read;
    },
    schema: schemaCheck,
  };
}

/** Its name in `MemoryProject.weights`, and a folder that it is found in. */
function placeOf(location: WeightsLocation, inside: (path: string) => string): [string, string] {
  if (location.kind !== "hub") return [inside(location.path), location.path];
  const { repository, revision } = location;
  return [`hf://${repository}@${revision}`, `/cache/${repository}/${revision}`];
}

export function missingWeights(folder: string): WeightsRead {
  return { status: "missing", message: `${folder} does not exist.`, hint: "Download them." };
}

export function okWeights(digest: string): MemoryWeights {
  return { status: "ok", digest, layers: 8, hiddenSize: 128 };
}

export const SPEC = "specs/test.yaml";

export function compileFiles(project: MemoryProject, options?: CompileOptions): Compilation {
  return compile(join(project.root ?? ROOT, SPEC), memoryReader(project), options);
}

/** Texts of a folder of the repository, by path. */
export function repositoryFiles(...folders: readonly string[]): Record<string, string> {
  const files: Record<string, string> = {};
  const walk = (path: string): void => {
    if (!statSync(join(REPOSITORY, path)).isDirectory()) files[path] = readFileSync(join(REPOSITORY, path), "utf8");
    else for (const name of readdirSync(join(REPOSITORY, path)).toSorted()) walk(`${path}/${name}`);
  };
  for (const folder of folders) walk(folder);
  return files;
}
