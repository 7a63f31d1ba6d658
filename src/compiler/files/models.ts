import { join, resolve } from "node:path";
import * as report from "../../diagnostics/catalog/files.ts";
import type { Prompt } from "../../domain/engine.ts";
import type { WeightsLocation } from "../../domain/weights.ts";
import { nearest } from "../../util/nearest.ts";
import { field, number, text } from "../lower/fields.ts";
import type { Located, Spec } from "../lower/spec.ts";
import { parseYaml } from "../parse/yaml.ts";
import type { YamlNode } from "../parse/node.ts";
import { hideSecrets } from "../parse/secrets.ts";
import { validate } from "../validate/validate.ts";
import type { Project } from "./project.ts";

/** A variant's model, as config/models/<model>.yaml says. */
export interface Model {
  readonly name: string;
  /** Of the variant's `model:`. */
  readonly namePlace: Located<string>["place"];
  /** Undefined for what is no place of weights, which is reported. */
  readonly weightsLocation: WeightsLocation | undefined;
  /** As the file says it. */
  readonly weights: string;
  readonly promptFormat: Prompt["format"];
  readonly layers: Located<number>;
  readonly hiddenSize: Located<number>;
  /** Positions: tokens of a prompt and its response together. This and what follows: undefined when the file does not say. */
  readonly context: Located<number> | undefined;
  readonly vocabSize: Located<number> | undefined;
  readonly parameters: Located<number> | undefined;
}

/** The models of all declared variants, by variant. A variant whose model is missing or broken is reported, and left out. */
export function readModels(spec: Spec, project: Project): Map<string, Model> {
  const byModel = new Map<string, Omit<Model, "namePlace"> | undefined>();
  const models = new Map<string, Model>();
  for (const [variant, { value }] of spec.variants ?? []) {
    if (value === undefined) continue;
    const { value: name, place: namePlace } = value.model;
    // A missing file is reported at each variant that names it; a broken one once.
    const model = byModel.has(name) ? byModel.get(name) : readModel(value.model, project);
    if (model !== undefined || project.exists(modelFile(name))) byModel.set(name, model);
    if (model !== undefined) models.set(variant, { ...model, namePlace });
  }
  return models;
}

function readModel({ value: name, place }: Located<string>, project: Project): Omit<Model, "namePlace"> | undefined {
  const source = project.read(modelFile(name), place, () => {
    const known = project.list("config/models").flatMap((file) => (file.endsWith(".yaml") ? file.slice(0, -5) : []));
    project.sink.report(report.modelMissing(place, name, nearest(name, known), known));
  });
  if (source === undefined) return undefined;
  const readable = hideSecrets(source, project);
  const parsed = parseYaml(readable, project.sink);
  if (parsed === undefined) return undefined;
  return lowerModel(name, validate(parsed, "model", project), project);
}

function lowerModel(name: string, node: YamlNode, project: Project): Omit<Model, "namePlace"> | undefined {
  const weights = text(field(node, "weights"))?.value;
  const revision = text(field(node, "revision"))?.value;
  const prompt = text(field(node, "prompt"))?.value;
  const layers = number(field(node, "layers"));
  const hiddenSize = number(field(node, "hidden_size"));
  if (weights === undefined || layers === undefined || hiddenSize === undefined) return undefined;
  return {
    name,
    weightsLocation: locationOf(weights, revision ?? "main", project),
    weights,
    promptFormat: prompt === "chat" ? "chat" : "raw",
    layers,
    hiddenSize,
    context: number(field(node, "context")),
    vocabSize: number(field(node, "vocab_size")),
    parameters: number(field(node, "parameters")),
  };
}

/** Where GGUF files are converted to, in the project. */
const CONVERTED = ".steerform/gguf";

/** What the schema refuses is not looked for: a name with `..` in it would lead out of the cache. */
function locationOf(weights: string, revision: string, project: Project): WeightsLocation | undefined {
  if (!weights.startsWith("hf:")) {
    const path = resolve(project.dir, weights);
    if (!/\.gguf$/i.test(path)) return { kind: "folder", path };
    return { kind: "gguf", path, cache: join(project.dir, CONVERTED) };
  }
  const repository = /^hf:\/\/(\w[\w.-]*\/\w[\w.-]*)$/.exec(weights)?.[1];
  return repository === undefined || revision.includes("..") ? undefined : { kind: "hub", repository, revision };
}

function modelFile(name: string): string {
  return `config/models/${name}.yaml`;
}
