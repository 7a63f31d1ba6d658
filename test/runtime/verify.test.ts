import { expect, test } from "vitest";
import type { TaskRecord } from "../../src/domain/state.ts";
import { writeOutput, type Content } from "../../src/runtime/files.ts";
import { denseTensor, type TorchValue } from "../../src/runtime/torch/tensor.ts";
import { torchFile } from "../../src/runtime/torch/write.ts";
import { verifyArtifacts } from "../../src/runtime/verify.ts";
import { tempFolder } from "../rig/temp-folder.ts";

/** What is found wrong with a file that its task wrote so. */
function trouble(content: Content): string | undefined {
  const folder = tempFolder();
  const record = { id: "task", outputs: [writeOutput(folder, "1.pt", content)] } as unknown as TaskRecord;
  return [...verifyArtifacts(folder, [record])][0]?.damages[0]?.what;
}

test("files for PyTorch are sound where they are archives of finite numbers", () => {
  const tensor = (...numbers: number[]): TorchValue =>
    denseTensor("F32", [numbers.length], new Uint8Array(Float32Array.from(numbers).buffer));
  const fileOf = (value: TorchValue): Buffer => Buffer.concat([...torchFile(value)]);
  expect(trouble(fileOf(new Map([["text", "x"] as const, ["numbers", tensor(1, 2)] as const])))).toBeUndefined();
  const layers = new Map([0, 1].map((layer) => [layer, new Map([["residual", tensor(1, layer / 0)]])]));
  expect(trouble(fileOf(new Map([["activations", layers]])))).toBe('holds NaN in tensor "activations.0.residual"');
  expect(trouble("no archive")).toBe("is cut off, or no torch file: it does not end as a zip archive does");
});
