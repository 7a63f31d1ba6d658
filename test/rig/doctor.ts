import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./project.ts";
import type { Finished } from "./steerform.ts";
import { tempFolder } from "./temp-folder.ts";

/** The environment of a machine without a GPU, without a network and with an empty cache, wherever the tests run. */
export function bareMachine(path: string = tempFolder()): Record<string, string> {
  return { PATH: path, HF_HOME: tempFolder(), HF_HUB_OFFLINE: "1", CUDA_VISIBLE_DEVICES: "0", LD_LIBRARY_PATH: "" };
}

/** The line of one thing that doctor found, and its hints, without the columns' width; none when it was not found. */
export function linesOf({ stdout }: Finished, subject: string): string[] {
  const lines = stdout.split("\n");
  const at = lines.findIndex((line) => new RegExp(`^  (ok|note|problem) +${subject} `).test(line));
  if (at === -1) return [];
  const hints = lines.slice(at + 1);
  const end = hints.findIndex((line) => !line.startsWith("     "));
  return [lines[at]!, ...hints.slice(0, end === -1 ? hints.length : end)].map((line) =>
    line.trim().replaceAll(/ {2,}/g, " "),
  );
}

/** An nvidia-smi that knows one GPU. Returns the PATH that has it. */
export function pathWithGpu(driver: string): string {
  const folder = tempFolder();
  const answer = `0, GPU-1, NVIDIA H100 80GB HBM3, 81559, 80990, ${driver}`;
  writeFileSync(join(folder, "nvidia-smi"), `#!/bin/sh\necho '${answer}'\n`);
  chmodSync(join(folder, "nvidia-smi"), 0o755);
  return folder;
}

export const LIBRARIES = "node_modules/onnxruntime-node/bin/napi-v6/linux/x64";

/** An installation of the built steerform whose ONNX Runtime may be spoilt. Returns its folder. */
export function installation(): string {
  const folder = tempFolder();
  for (const name of ["bin", "dist", "package.json"]) {
    cpSync(join(REPOSITORY, name), join(folder, name), { recursive: true });
  }
  const packages = join(folder, "node_modules");
  mkdirSync(join(folder, LIBRARIES), { recursive: true });
  for (const name of readdirSync(join(REPOSITORY, "node_modules"))) {
    if (name !== "onnxruntime-node") symlinkSync(join(REPOSITORY, "node_modules", name), join(packages, name));
  }
  for (const name of ["package.json", "dist"]) {
    const path = join("onnxruntime-node", name);
    cpSync(join(REPOSITORY, "node_modules", path), join(packages, path), { recursive: true });
  }
  for (const name of readdirSync(join(REPOSITORY, LIBRARIES))) {
    copyFileSync(join(REPOSITORY, LIBRARIES, name), join(folder, LIBRARIES, name));
  }
  return folder;
}
