import { spawnSync } from "node:child_process";

/** The interpreter of tests that hold our files against Python's. */
export const PYTHON: string = process.env["STEERFORM_PYTHON"] ?? "python3";

const FIND = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ['numpy', 'safetensors', 'torch'])))";

/** Not every machine has them. */
export const hasTorch: boolean = spawnSync(PYTHON, ["-c", FIND], { stdio: "ignore" }).status === 0;

/** For the name of a test that is skipped without. */
export const NEEDS_TORCH = "(needs torch, numpy and safetensors: set STEERFORM_PYTHON to a Python that has them)";
