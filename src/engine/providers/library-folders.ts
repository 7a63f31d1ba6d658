import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a program's libraries are found; undefined for those that the system's loader would not find. */
export type LibrarySearch = (name: string) => string | undefined;

/**
 * Looks where Linux's loader does, in its order: LD_LIBRARY_PATH, the run path, the loader's cache, the default folders
 * (ld.so(8)).
 */
export function loaderSearch(runPath: readonly string[], env: Environment): LibrarySearch {
  const cache = loaderCache();
  const first = [...(env["LD_LIBRARY_PATH"] ?? "").split(":").filter((folder) => folder !== ""), ...runPath];
  return (name) =>
    firstWith(name, first) ?? cache.get(name) ?? firstWith(name, ["/lib64", "/usr/lib64", "/lib", "/usr/lib"]);
}

/** Folders that CUDA's own installer, pip and conda put its libraries into, and that the loader may not know. */
export function cudaSearch(env: Environment): LibrarySearch {
  const inside = (...names: readonly string[]): string[] =>
    names.flatMap((name) => (env[name] === undefined ? [] : [env[name]]));
  const toolkits = [...inside("CUDA_HOME", "CUDA_PATH"), ...childrenOf("/usr/local", /^cuda/)];
  const environments = [...inside("VIRTUAL_ENV", "CONDA_PREFIX"), join(env["HOME"] ?? homedir(), ".local")];
  const packages = environments.flatMap((root) =>
    childrenOf(join(root, "lib"), /^python3/).flatMap((python) =>
      childrenOf(join(python, "site-packages", "nvidia"), /./).map((name) => join(name, "lib")),
    ),
  );
  const folders = [
    ...toolkits.map((root) => join(root, "lib64")),
    ...inside("CONDA_PREFIX").map((root) => join(root, "lib")),
    ...packages,
  ];
  return (name) => firstWith(name, folders);
}

function firstWith(name: string, folders: readonly string[]): string | undefined {
  return folders.find((folder) => existsSync(join(folder, name)));
}

/** Absolute; in a fixed order, newest versions first. None of what is no folder that can be read. */
function childrenOf(folder: string, pattern: RegExp): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const chosen = names.filter((name) => pattern.test(name)).toSorted();
  return chosen.toReversed().map((name) => join(folder, name));
}

/** Library → file, as `ldconfig -p` lists it; empty where there is no ldconfig. Users have it, but not on their PATH. */
function loaderCache(): ReadonlyMap<string, string> {
  let list: string;
  try {
    list = execFileSync("/sbin/ldconfig", ["-p"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return new Map();
  }
  const architecture = process.arch === "x64" ? "x86-64" : "AArch64";
  return new Map(
    [...list.matchAll(/^\t(\S+) \(([^)]*)\) => (.+)$/gm)]
      .filter(([, , kind]) => kind!.includes(architecture))
      .map(([, name, , path]) => [name!, path!]),
  );
}
