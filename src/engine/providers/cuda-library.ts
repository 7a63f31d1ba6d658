import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CudaLibrary, MissingLibrary, OnnxRuntime } from "../../domain/machine.ts";
import { readSharedLibrary } from "./elf.ts";
import { CUDA_PROVIDER } from "./installed.ts";
import { cudaSearch, loaderSearch, type Environment } from "./library-folders.ts";

const SHARED = "libonnxruntime_providers_shared.so";

/** Looks at ONNX Runtime's CUDA provider without loading it. */
export function inspectCudaLibrary({ folder, version }: OnnxRuntime, env: Environment): CudaLibrary {
  const path = join(folder, CUDA_PROVIDER);
  const unknown = { path, version: undefined, hasShared: existsSync(join(folder, SHARED)), cudaMajor: undefined };
  if (!existsSync(path)) return { ...unknown, status: "absent", missing: [] };
  const library = readSharedLibrary(path);
  if (library === undefined) return { ...unknown, status: "unreadable", missing: [] };
  return {
    ...unknown,
    status: "present",
    version: versionIn(library.constants, version),
    cudaMajor: majorOf(library.needed),
    missing: missingLibraries(library.needed, loaderSearch(inPlaceOf(library.runPath, path), env), cudaSearch(env)),
  };
}

/**
 * The library has its version nowhere but among its texts, beside versions of what it was built with. So: the expected
 * one if it is among them, else the first that could be ONNX Runtime's.
 */
function versionIn(constants: Uint8Array, expected: string): string | undefined {
  const text = Buffer.from(constants.buffer, constants.byteOffset, constants.byteLength).toString("latin1");
  const found = [...text.matchAll(/(?<=\0)1\.\d+\.\d+(?=\0)/g)].map(([version]) => version);
  return found.find((version) => version === expected) ?? found[0];
}

function majorOf(needed: readonly string[]): number | undefined {
  const runtime = needed.find((name) => name.startsWith("libcudart.so."));
  return runtime === undefined ? undefined : Number.parseInt(runtime.slice("libcudart.so.".length), 10);
}

type Search = ReturnType<typeof loaderSearch>;

function missingLibraries(needed: readonly string[], onSystem: Search, elsewhere: Search): MissingLibrary[] {
  return needed.filter((name) => onSystem(name) === undefined).map((name) => ({ name, foundIn: elsewhere(name) }));
}

function inPlaceOf(runPath: readonly string[], path: string): string[] {
  return runPath.map((folder) => folder.replace(/\$ORIGIN|\$\{ORIGIN\}/, dirname(path)));
}
