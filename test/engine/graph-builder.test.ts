import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../src/engine/onnx/graph-builder.ts";
import { ProtobufWriter } from "../../src/engine/onnx/protobuf.ts";
import { OnnxSession } from "../../src/engine/onnx/runtime.ts";

describe("the graph writer", () => {
  it("writes a graph that runs", async () => {
    const graph = new GraphBuilder();
    const x = graph.input("x", "float32", ["n", 2]);
    const scaled = graph.node("Mul", [x, graph.floats("two", [1], Float32Array.of(2))], "scaled");
    graph.node("Gather", [scaled, graph.integers([1])], "y", { attributes: { axis: { int: -1 } } });
    graph.output("y", "float32", ["n", 1]);
    const session = await OnnxSession.open(graph.finish(), "/");
    const { y } = await session.run({ x: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] } });
    expect(y).toEqual({ data: Float32Array.of(4, 8), shape: [2, 1] });
    await session.close();
  });

  it("refuses two values of one name, and values from nowhere", () => {
    const graph = new GraphBuilder();
    graph.input("x", "float32", [1]);
    expect(() => graph.node("Neg", ["x"], "x")).toThrow('Internal error: the graph has two values "x"');
    expect(() => graph.node("Neg", ["y"], "z")).toThrow("Internal error: Neg reads y, unknown");
    expect(() => graph.output("z", "float32", [1])).toThrow("Internal error: the graph's output z has no producer");
  });

  it("stores the same integers once", () => {
    const graph = new GraphBuilder();
    expect(graph.integers([1, 2])).toBe(graph.integers([1, 2]));
    expect(graph.integers([1])).not.toBe(graph.integers(1));
  });

  it("writes protobuf as the documentation's examples have it", () => {
    const bytes = (writer: ProtobufWriter): string => Buffer.from(writer.finish()).toString("hex");
    expect(bytes(new ProtobufWriter().int(1, 150))).toBe("089601");
    expect(bytes(new ProtobufWriter().string(2, "testing"))).toBe("120774657374696e67");
    expect(bytes(new ProtobufWriter().message(3, new ProtobufWriter().int(1, 150)))).toBe("1a03089601");
    expect(bytes(new ProtobufWriter().int(1, -2))).toBe("08feffffffffffffffff01");
    expect(bytes(new ProtobufWriter().float(1, 1))).toBe("0d0000803f");
  });
});
