import { isAbsolute } from "node:path";
import { fileMissing } from "../diagnostics/catalog/yaml.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { DiagnosticSink } from "../diagnostics/sink.ts";
import { SourceFile } from "../diagnostics/source-file.ts";
import type { Experiment } from "../domain/experiment.ts";
import { assemble, experimentDir } from "./assemble.ts";
import { bind } from "./bind/bind.ts";
import { checkBudget } from "./check/budget.ts";
import { check } from "./check/check.ts";
import { expand } from "./expand/expand.ts";
import { readFiles } from "./files/files.ts";
import type { WeightsDemand } from "./files/weights.ts";
import { findProjectDir, Project, projectPath } from "./files/project.ts";
import { field, text } from "./lower/fields.ts";
import { lower } from "./lower/lower.ts";
import { applyOverrides } from "./parse/overrides.ts";
import { hideSecrets, withoutSecrets } from "./parse/secrets.ts";
import { parseYaml } from "./parse/yaml.ts";
import type { ProjectReader } from "./reader.ts";
import { validate } from "./validate/validate.ts";

export interface Compilation {
  /** Sorted by place, the spec's first. */
  readonly diagnostics: readonly Diagnostic[];
  /** The texts that diagnostics have places in, by their file, without secrets. */
  readonly sources: ReadonlyMap<string, SourceFile>;
  /** The file of the spec, as diagnostics name it. */
  readonly specFile: string;
  /** Absolute: diagnostics' files are relative to it. */
  readonly projectDir: string;
  /** Absent when a diagnostic is an error. */
  readonly experiment?: Experiment;
}

export interface CompileOptions {
  readonly weights?: WeightsDemand;
  /** Values that replace the spec's: `steering.layers=0..3`. */
  readonly set?: readonly string[];
  /** Told the experiment's folder as soon as it is known, for what can be done beside the rest. */
  readonly onFolder?: (folder: string) => void;
}

/**
 * From a spec to an experiment: every pass is one line, and every one goes on as far as it can after a mistake, so that
 * one run reports all of them. Mistakes are diagnostics; only our own bugs throw.
 *
 * `specPath` is absolute. The project is the nearest folder above it with `config/models` or `datasets`.
 */
export function compile(specPath: string, reader: ProjectReader, options: CompileOptions = {}): Compilation {
  if (!isAbsolute(specPath)) throw new Error(`Internal error: the spec's path ${specPath} is not absolute`);
  const projectDir = findProjectDir(specPath, reader);
  const specFile = projectPath(projectDir, specPath);
  const sink = new DiagnosticSink();
  const project = new Project(projectDir, reader, sink);
  const experiment = runPasses(specFile, project, options);
  const diagnostics = sink.sorted(specFile);
  return {
    diagnostics,
    sources: shownSources(diagnostics, project),
    specFile,
    projectDir,
    ...(experiment === undefined ? {} : { experiment }),
  };
}

/** The texts of the files that diagnostics have places in. */
function shownSources(diagnostics: readonly Diagnostic[], { sources }: Project): Map<string, SourceFile> {
  const places = diagnostics.flatMap(({ place, related }) => [place, ...related.map((one) => one.place)]);
  const shown = new Map<string, SourceFile>();
  for (const file of new Set(places.map((place) => place.file))) {
    const source = sources.get(file);
    if (source !== undefined) shown.set(file, withoutSecrets(source));
  }
  return shown;
}

/** The folder of a spec's artifacts, whatever else is wrong with the spec; undefined when it has no name. */
export function locateExperiment(specPath: string, reader: ProjectReader): string | undefined {
  const projectDir = findProjectDir(specPath, reader);
  const sink = new DiagnosticSink();
  const project = new Project(projectDir, reader, sink);
  const source = project.read(projectPath(projectDir, specPath), undefined, () => undefined);
  const name = source && text(field(parseYaml(source, sink), "experiment"))?.value;
  return name !== undefined && EXPERIMENT_NAME.test(name) ? experimentDir(projectDir, name) : undefined;
}

/** As the schema has it: it may not lead out of the folder. */
const EXPERIMENT_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

function runPasses(specFile: string, project: Project, options: CompileOptions): Experiment | undefined {
  const { sink } = project;
  const missing = (): void => sink.report(fileMissing(new SourceFile(specFile, "").place(0, 0), specFile));
  const source = project.read(specFile, undefined, missing);
  if (source === undefined) return undefined;

  const parsed = parseYaml(hideSecrets(source, project), sink);
  if (parsed === undefined) return undefined;
  const valid = validate(applyOverrides(parsed, options.set ?? [], project), "experiment", project);
  const spec = lower(valid);
  if (spec.name !== undefined && !sink.hasErrors) options.onFolder?.(experimentDir(project.dir, spec.name.value));
  const bound = bind(spec, sink);
  const files = readFiles(bound, project, options.weights ?? "optional");
  const checked = check(bound, files, sink);
  if (sink.hasErrors) return undefined;
  const tasks = expand(bound, files, checked, sink);
  checkBudget(spec.judge, tasks, sink);
  if (sink.hasErrors) return undefined;
  return assemble(bound, files, tasks, project.dir);
}
