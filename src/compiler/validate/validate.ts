import { toJson, type YamlNode } from "../parse/node.ts";
import type { Project } from "../files/project.ts";
import { compileSchema, type Violation } from "./ajv.ts";
import { explain } from "./explain.ts";
import { misspelledKeys, repair } from "./keys.ts";

export type SchemaName = "experiment" | "model";

type Schema = (value: ReturnType<typeof toJson>) => Violation[];

/** Compiling a schema takes longer than all the rest of a small spec's compilation. */
const compiled = new WeakMap<object, Schema>();

/**
 * Reports everything that the schema refuses. The answer is the document with its misspelled keys corrected, so that
 * the later passes do not miss what is there under a wrong name.
 */
export function validate(root: YamlNode, name: SchemaName, project: Project): YamlNode {
  const schema = project.reader.shippedJson(`schema/${name}.schema.json`) as object;
  let check = compiled.get(schema);
  if (check === undefined) {
    check = compileSchema(schema);
    compiled.set(schema, check);
  }
  const rootName = name === "experiment" ? "the spec" : "the model";
  const misspelled = misspelledKeys(root, check(toJson(root)), rootName);
  for (const { diagnostic } of misspelled) project.sink.report(diagnostic);
  const repaired = repair(root, new Map(misspelled.map(({ entry, near }) => [entry, near])));
  for (const violation of check(toJson(repaired))) explain(repaired, violation, rootName, project.sink);
  return repaired;
}
