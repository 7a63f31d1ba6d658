import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type GenerateRow, type Model, type Progress } from "../../src/domain/engine.ts";
import { openModel } from "../../src/engine/index.ts";
import { readGolden, weightsDir } from "./models.ts";
import { scriptArguments, sourceText } from "../rig/script.ts";

const open = (): Promise<Model> =>
  openModel({ weightsDir: weightsDir("tied-bf16"), provider: "auto", maxBatchTokens: 1024 });

/** With coefficients that keep the end token away, long enough to be interrupted. */
function manyRows(count: number, maxNewTokens: number): GenerateRow[] {
  return Array.from({ length: count }, (_, index) => ({
    promptIds: [0, 3 + (index % 300), 7],
    maxNewTokens,
    sampling: { temperature: 1, topP: 1, seed: `row ${index}` },
    steering: [],
  }));
}

describe("a model's session", () => {
  it("leaves the main thread free and reports progress", async () => {
    const model = await open();
    const seen: Progress[] = [];
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await model.generate(manyRows(200, 60), [], (progress) => seen.push(progress));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(20);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toMatchObject({ rowsDone: 200, rows: 200 });
    expect(seen.map(({ tokens }) => tokens)).toEqual(seen.map(({ tokens }) => tokens).toSorted((a, b) => a - b));
    await model.close();
  });

  it("answers queued calls in order, and nothing for nothing", async () => {
    const model = await open();
    const order: string[] = [];
    const note = (name: string) => (): number => order.push(name);
    const [generated] = await Promise.all([
      model.generate([], []).then((value) => (note("generate")(), value)),
      model.capture([]).then(note("capture")),
      model.nextTokenProbabilities([], [1]).then(note("score")),
    ]);
    expect([generated, order]).toEqual([[], ["generate", "capture", "score"]]);
    await model.close();
  });

  it("ends a running call when it is closed, and takes no more", async () => {
    const model = await open();
    const running = model.generate(manyRows(2000, 200), []);
    const outcome = running.then(
      () => "answered",
      (error: Error) => error.message,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    await model.close();
    expect(await outcome).toBe("The model was closed.");
    await expect(model.capture([])).rejects.toThrow("The model was closed.");
    await model.close();
  });

  it("knows which texts are one token", async () => {
    const model = await open();
    expect(model.tokenIds("<|end|>")).toEqual([2]);
    expect(model.tokenIds("rainbow unicorn")).toEqual(
      model.encode({ format: "raw", text: "rainbow unicorn" }).slice(1),
    );
    await model.close();
  });

  it("lets a program end that does not close it", () => {
    const { ids, text } = readGolden("tied-bf16").prompts[0]!;
    const script = `
      import { openModel } from ${sourceText("engine/index.ts")};
      const model = await openModel({ weightsDir: ${JSON.stringify(weightsDir("tied-bf16"))}, provider: "auto", maxBatchTokens: 512 });
      const row = { promptIds: ${JSON.stringify(ids)}, maxNewTokens: 24, sampling: { temperature: 0 }, steering: [] };
      const [answer] = await model.generate([row], []);
      process.stdout.write(model.decode(answer.ids));
    `;
    const output = execFileSync(process.execPath, scriptArguments(script), { timeout: 20_000 });
    expect(output.toString()).toBe(text);
  });
});
