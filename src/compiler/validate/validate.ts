import { toJson, type YamlNode } from "../parse/node.ts";
import type { Project } from "../files/project.ts";
import { compileSchema } from "./schema.ts";
import { explain } from "./explain.ts";
import { misspelledKeys, repair } from "./keys.ts";

export type SchemaName = "experiment" | "model";

/**
 * Reports everything that the schema refuses. The answer is the document with its misspelled keys corrected, so that
 * the later passes do not miss what is there under a wrong name.
 */
export function validate(root: YamlNode, name: SchemaName, project: Project): YamlNode {
  const check = compileSchema(project.reader.shippedJson(`schema/${name}.schema.json`) as object);
  const rootName = name === "experiment" ? "the spec" : "the model";
  const violations = check(toJson(root));
  const misspelled = misspelledKeys(root, violations, rootName);
  for (const { diagnostic } of misspelled) project.sink.report(diagnostic);
  const repaired = repair(root, new Map(misspelled.map(({ entry, near }) => [entry, near])));
  const left = misspelled.length === 0 ? violations : check(toJson(repaired));
  for (const violation of left) explain(repaired, violation, rootName, project.sink);
  return repaired;
}
