import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { REPOSITORY } from "../rig/project.ts";
import { hasTorch, NEEDS_TORCH, PYTHON } from "../rig/python.ts";
import { steerform } from "../rig/steerform.ts";
import { tempFolder } from "../rig/temp-folder.ts";

/** Of the demo, all that its weight analysis and similarity need, with as little steering as gives a transfer curve. */
const LESS = [
  "extraction.matrix.trait=[sycophancy]",
  "extraction.methods=[mean_diff, probe]",
  "steering.search.evaluations=1",
  "steering.refine.points=2",
].flatMap((set) => ["--set", set]);
const ANALYSES = ["weights/*", "similarity/*"].flatMap((id) => ["--target", id]);

test.skipIf(!hasTorch)(`every number of the demo's phases 3 and 4 is numpy's, to 1e-5 ${NEEDS_TORCH}`, async () => {
  const folder = tempFolder();
  mkdirSync(join(folder, "specs"));
  cpSync(join(REPOSITORY, "specs/demo.yaml"), join(folder, "specs/demo.yaml"));
  for (const name of ["config", "datasets", "models", "templates"])
    symlinkSync(join(REPOSITORY, name), join(folder, name));
  const applied = await steerform(["apply", "specs/demo.yaml", "--yes", ...LESS, ...ANALYSES], folder);
  expect([applied.exitCode, applied.stderr]).toEqual([0, ""]);
  const experiment = join(folder, "experiments/demo");
  const args = ["test/parity/analysis.py", experiment, "models/tiny/base", "models/tiny/instruct"];
  const { exitCode, stdout, all } = await execa(PYTHON, args, { cwd: REPOSITORY, all: true, reject: false });
  // A line a number: the largest error, and its name.
  expect([exitCode, all]).toEqual([0, stdout]);
  const checked = stdout.split("\n").map((line) => line.slice(line.indexOf(" ")).trim());
  expect(checked).toEqual(expect.arrayContaining(["norms change", "logit_lens values", "cosine value", "pearson_r"]));
});
