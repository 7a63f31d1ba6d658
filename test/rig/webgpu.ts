import { spawnSync } from "node:child_process";

const runtime = new URL("../../dist/engine/onnx/runtime.js", import.meta.url).href;
const builder = new URL("../../dist/engine/onnx/graph-builder.js", import.meta.url).href;

const ADD_ONE_NUMBER = `
  import { OnnxSession } from ${JSON.stringify(runtime)};
  import { GraphBuilder } from ${JSON.stringify(builder)};
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
  return spawnSync(process.execPath, ["--input-type=module", "-e", ADD_ONE_NUMBER]).status === 0;
}
