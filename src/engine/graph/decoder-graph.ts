import type { FloatType } from "../../domain/engine.ts";
import { gqaCore } from "../attention/gqa.ts";
import { pagedCore, pagedParts, type PagedCache } from "../attention/paged.ts";
import type { RowEntries } from "../attention/types.ts";
import { GraphBuilder, type GraphOutput, type Value } from "../onnx/graph-builder.ts";
import type { ElementType } from "../onnx/proto.ts";
import type { Checkpoint } from "../weights/checkpoint.ts";
import { drawInputs } from "./draws.ts";
import { IO, type Named } from "./io.ts";
import { addPass } from "./pass.ts";
import { choosePassOrSteps } from "./steps.ts";
import { addWeight, rootOf } from "./weights.ts";

export interface DecoderGraph {
  readonly bytes: Uint8Array;
  /** The folder that the locations of external data are relative to. */
  readonly externalRoot: string;
}

/** The attention core, and what the graph computes in: CPUs multiply fp32 fastest, GPUs half precision. */
export type Core =
  | { readonly kind: "gqa"; readonly type: "float32" }
  | {
      readonly kind: "paged";
      readonly type: FloatType;
      readonly cache: PagedCache;
      /** With what only CUDA has: decoding in steps, products that return fp32, a fast TopK. */
      readonly cuda: boolean;
    };

/** One graph that steers, captures and predicts. The weights stay where they are: the graph points into their files. */
export function buildDecoderGraph(checkpoint: Checkpoint, core: Core): DecoderGraph {
  const { shape } = checkpoint;
  const { type } = core;
  const graph = new GraphBuilder();
  const externalRoot = rootOf(checkpoint);
  const known = new Map<string, Value>();
  const fixed = (name: string, make: (name: string) => Value): Value => {
    const value = known.get(name) ?? graph.outside(() => make(name));
    known.set(name, value);
    return value;
  };
  const context = {
    graph,
    shape,
    type,
    fixed,
    weight: (weight: string) => fixed(weight, (name) => addWeight(graph, checkpoint, name, type, externalRoot)),
    constant: (value: number) => fixed(`constant ${value}`, (name) => graph.cast(graph.number(value), type, name)),
  };
  const steering = addSteering(graph, shape.hiddenSize, shape.layers, type);
  const same: Named = (name) => name;
  if (core.kind === "gqa") {
    const attention = gqaCore(graph, shape, steering);
    declare(graph, addPass({ ...context, attention }, checkpoint, { highest: "TopK", dense: false, named: same }));
    return { bytes: graph.finish(), externalRoot };
  }
  const parts = pagedParts(graph, shape, steering, core, externalRoot);
  const draws = drawInputs(graph);
  const pass = (named: Named): GraphOutput[] => {
    const attention = pagedCore(graph, shape, steering, parts, type);
    const highest = core.cuda ? "TopK" : "ArgMax";
    return addPass({ ...context, attention }, checkpoint, { highest, dense: core.cuda, draws, named });
  };
  if (core.cuda)
    choosePassOrSteps(context, checkpoint, { steering, parts, draws }, () => pass((name) => `pass.${name}`));
  else declare(graph, pass(same));
  return { bytes: graph.finish(), externalRoot };
}

function declare(graph: GraphBuilder, outputs: readonly GraphOutput[]): void {
  for (const { name, type, shape } of outputs) graph.output(name, type, shape);
}

/** coefficient · vector of every entry: few, however many rows and layers use them. */
function addSteering(graph: GraphBuilder, hiddenSize: number, layers: number, type: ElementType): RowEntries {
  const vectors = graph.input(IO.vectors, "float32", ["vectors", hiddenSize]);
  const which = graph.input(IO.entryVectors, "int32", ["entries"]);
  const coefficients = graph.input(IO.entryCoefficients, "float32", ["entries", 1]);
  const entries = graph.input(IO.rowEntries, "int32", [layers, "rows"]);
  const chosen = graph.node("Gather", [vectors, which], "steer.chosen"); // [entries, hidden]
  const scaled = graph.node("Mul", [chosen, coefficients], "steer.scaled");
  return { table: type === "float32" ? scaled : graph.cast(scaled, type, "steer.table"), entries };
}
