import { spawnSync } from "node:child_process";
import { scriptArguments, sourceText } from "./script.ts";

const ADD_ONE_NUMBER = `
  import { OnnxSession } from ${sourceText("engine/onnx/runtime.ts")};
  import { GraphBuilder } from ${sourceText("engine/onnx/graph-builder.ts")};
  const graph = new GraphBuilder();
  graph.input("a", "float32", [1]);
  graph.node("Add", ["a", "a"], "sum");
  graph.output("sum", "float32", [1]);
  const session = await OnnxSession.open(graph.finish(), "/", "webgpu");
  await session.run({ a: { data: Float32Array.of(1), shape: [1] } });
`;

/**
 * Whether this machine has a GPU that WebGPU can use, or a program in its place (.ci/lavapipe.sh). With WEBGPU_TESTS=1 it
 * has to have one: then its tests fail where they would be skipped.
 */
export function hasWebGpu(): boolean {
  if (process.env["WEBGPU_TESTS"] === "1") return true;
  return spawnSync(process.execPath, scriptArguments(ADD_ONE_NUMBER)).status === 0;
}
