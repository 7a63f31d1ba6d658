import type { Provider } from "../../domain/engine.ts";
import { GraphBuilder } from "../onnx/graph-builder.ts";
import type { TrialMessage } from "./trial.ts";

/** The program of the process that tries a provider: adds two numbers on it, and tells how that went. */

function tell(message: TrialMessage): void {
  process.send?.(message);
}

try {
  // Here and not above: where ONNX Runtime itself cannot be loaded, that is the answer.
  const { OnnxSession } = await import("../onnx/runtime.ts");
  const graph = new GraphBuilder();
  graph.input("a", "float32", [1]);
  graph.node("Add", ["a", "a"], "sum");
  graph.output("sum", "float32", [1]);
  const session = await OnnxSession.open(graph.finish(), "/", process.argv[2] as Provider, { log: "error" });
  const { sum } = await session.run({ a: { data: Float32Array.of(21), shape: [1] } });
  const works = sum?.data[0] === 42;
  tell(works ? { works } : { works, reason: `21 + 21 was ${sum?.data[0]}` });
  await session.close();
} catch (error) {
  tell({ works: false, reason: error instanceof Error ? error.message : String(error) });
}
process.disconnect?.();
