import { isAbsolute, join } from "node:path";
import * as report from "../../diagnostics/catalog/files.ts";
import type { Prompt } from "../../domain/engine.ts";
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
  /** Absolute. */
  readonly weightsDir: string;
  /** As the file says it. */
  readonly weights: string;
  readonly promptFormat: Prompt["format"];
  readonly layers: Located<number>;
  readonly hiddenSize: Located<number>;
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
  const prompt = text(field(node, "prompt"))?.value;
  const layers = number(field(node, "layers"));
  const hiddenSize = number(field(node, "hidden_size"));
  if (weights === undefined || layers === undefined || hiddenSize === undefined) return undefined;
  const weightsDir = isAbsolute(weights) ? weights : join(project.dir, weights);
  return { name, weightsDir, weights, promptFormat: prompt === "chat" ? "chat" : "raw", layers, hiddenSize };
}

function modelFile(name: string): string {
  return `config/models/${name}.yaml`;
}
