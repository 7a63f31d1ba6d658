import { unwritten } from "../../diagnostics/catalog/files.ts";
import type { SourceFile } from "../../diagnostics/source-file.ts";
import type { Project } from "./project.ts";

/** Whether a dataset's file still says, somewhere, what belongs there, as the files of a new trait do; the first line that does is reported. */
export function isUnwritten(source: SourceFile, { sink }: Project): boolean {
  const at = source.text.indexOf("<TODO");
  if (at === -1) return false;
  sink.report(unwritten(source.placeOfLine(source.text.slice(0, at).split("\n").length), source.path));
  return true;
}
