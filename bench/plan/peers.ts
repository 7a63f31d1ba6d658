import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Experiment } from "../../src/domain/experiment.ts";
import type { Task } from "../../src/domain/task.ts";
import { METHODS, names, variantOf, type Size } from "./project.ts";

/** The same graph for tools that go by files' dates: the same nodes, outputs, upstream files and dataset files. */
export function writePeers(folder: string, experiment: Experiment, size: Size): void {
  const edges = edgesOf(experiment);
  writeFileSync(join(folder, "build.ninja"), ninja(edges));
  writeFileSync(join(folder, "Makefile"), make(edges));
  writeFileSync(join(folder, "Snakefile"), snakemake(size));
}

interface Edge {
  readonly outputs: readonly string[];
  readonly inputs: readonly string[];
}

function edgesOf({ name, tasks }: Experiment): Edge[] {
  const outputs = new Map(tasks.map((task) => [task.id, task.outputs.map((path) => `experiments/${name}/${path}`)]));
  return tasks.map((task) => ({
    outputs: outputs.get(task.id) ?? [],
    inputs: [...datasetFiles(task), ...task.needs.flatMap((id) => outputs.get(id) ?? [])],
  }));
}

function datasetFiles({ kind, params }: Task): string[] {
  const files = {
    responses: ["positive.jsonl", "negative.jsonl"],
    baseline: ["definition.txt", "steering.json"],
    steering: ["definition.txt", "steering.json"],
  };
  const read = kind in files ? files[kind as keyof typeof files] : [];
  return read.map((file) => `datasets/traits/${String((params as Record<string, unknown>)["dataset"])}/${file}`);
}

/** `generator`: without a log of commands, which only a real build writes, everything would count as out of date. */
function ninja(edges: readonly Edge[]): string {
  const build = edges.map(({ outputs, inputs }) => `build ${outputs.join(" ")}: run ${inputs.join(" ")}\n`);
  return `rule run\n  command = touch $out\n  generator = 1\n\n${build.join("")}`;
}

function make(edges: readonly Edge[]): string {
  const last = edges.at(-1)?.outputs.join(" ") ?? "";
  const rules = edges.map(({ outputs, inputs }) => `${outputs.join(" ")} &: ${inputs.join(" ")}\n\ttouch $@\n`);
  return `MAKEFLAGS += -rR\n.SUFFIXES:\n.PHONY: all\nall: ${last}\n\n${rules.join("")}`;
}

/** As a person writes it: a rule for each kind of task, with wildcards. */
function snakemake({ traits, sources, positions }: Size): string {
  const list = (values: readonly string[]): string => JSON.stringify(values);
  const slices = Array.from({ length: positions }, (_, index) => `response__${index + 1}`);
  const variants = Object.fromEntries(names("s", sources).map((source) => [source, variantOf(source)]));
  return `E = "experiments/scale/"
D = "datasets/traits/{s}/{t}/"
X = E + "extraction/{s}/{t}/{v}/"
P = "{p}/residual/"
B = E + "steering/{s}/{t}/instruct/baseline.json"
S = E + "steering/{s}/{t}/{v}/{p}/{m}/"
VARIANTS = ${JSON.stringify(variants)}

wildcard_constraints: s="s\\d+", t="t\\d+", v="base|instruct", p="response__\\d+", m="mean_diff|probe"

FINAL = [
    S.format(s=s, t=t, v=VARIANTS[s], p=p, m=m) + f
    for t in ${list(names("t", traits))} for s in ${list(names("s", sources))}
    for p in ${list(slices)} for m in ${list(METHODS)}
    for f in ("results.jsonl", "responses.jsonl", "best.json")
]

rule results:
    input: FINAL
    output: E + "reports/results.json"
    shell: "touch {output}"

rule responses:
    input: D + "positive.jsonl", D + "negative.jsonl"
    output: X + "responses/pos.json", X + "responses/neg.json"
    shell: "touch {output}"

rule activations:
    input: X + "responses/pos.json", X + "responses/neg.json"
    output: X + "activations/" + P + "train_all_layers.safetensors", X + "activations/" + P + "metadata.json"
    shell: "touch {output}"

rule vectors:
    input: X + "activations/" + P + "train_all_layers.safetensors", X + "activations/" + P + "metadata.json"
    output: X + "vectors/" + P + "{m}/vectors.safetensors", X + "vectors/" + P + "{m}/metadata.json"
    shell: "touch {output}"

rule baseline:
    input: D + "definition.txt", D + "steering.json"
    output: B
    shell: "touch {output}"

rule steering:
    input: D + "definition.txt", D + "steering.json", X + "vectors/" + P + "{m}/vectors.safetensors",
           X + "vectors/" + P + "{m}/metadata.json", B
    output: S + "results.jsonl", S + "responses.jsonl", S + "best.json"
    shell: "touch {output}"
`;
}
