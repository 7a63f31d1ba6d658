import { toJson, type YamlNode } from "../parse/node.ts";
import type { Project } from "../files/project.ts";
import { explain } from "./explain.ts";
import { misspelledKeys, repair } from "./keys.ts";

/**
 * Reports everything that the schema refuses. The answer is the document with its misspelled keys corrected, so that
 * the later passes do not miss what is there under a wrong name.
 */
export function validate(root: YamlNode, name: "experiment" | "model", project: Project): YamlNode {
  const check = project.reader.schema(name);
  const rootName = name === "experiment" ? "the spec" : "the model";
  const violations = check(toJson(root));
  const misspelled = misspelledKeys(root, violations, rootName);
  for (const { diagnostic } of misspelled) project.sink.report(diagnostic);
  const repaired = repair(root, new Map(misspelled.map(({ entry, near }) => [entry, near])));
  const left = misspelled.length === 0 ? violations : check(toJson(repaired));
  for (const violation of left) explain(repaired, violation, rootName, project.sink);
  return repaired;
}
