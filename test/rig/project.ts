import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, onTestFinished } from "vitest";
import { steerform, steerformHere, type Finished } from "./steerform.ts";

export const REPOSITORY: string = fileURLToPath(new URL("../..", import.meta.url));

/** A whole experiment that takes about two seconds: two response sets, four vector sets, one evaluation each. */
export const SPEC = `version: 1
experiment: small

variants:
  base: { model: tiny-base }
  instruct: { model: tiny-instruct }
  judge: { model: tiny-judge }
application: instruct

engine: { provider: cpu, max_batch_tokens: 2048 }
judge: { provider: local, variant: judge }

traits:
  sycophancy: { instruction: tiny_instruction/sycophancy, natural: tiny_natural/sycophancy }

sources:
  instruction:
    variant: instruct
    generate: { max_new_tokens: 8, temperature: 1.0, seed: 42 }
  natural: { variant: base }

extraction:
  methods: [mean_diff, probe]
  matrix:
    trait: [sycophancy]
    include:
      - { source: instruction, position: "response[:]" }
      - { source: natural, position: ["response[:5]"] }

steering:
  layers: [3]
  max_new_tokens: 8
  search: { evaluations: 1, start: 0.3 }
  null_directions: 1
`;

/** A judge behind a server instead of the local one. */
export function withServer(baseUrl: string, more = "", spec: string = SPEC): string {
  const local = "judge: { provider: local, variant: judge }";
  assert(spec.includes(local));
  return spec.replace(local, `judge: { provider: openai, model: m, base_url: "${baseUrl}"${more} }`);
}

const ROWS = 6;
const QUESTIONS = 4;

/** A user's project in a temporary folder, and its experiment. */
export class Project {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  path(path: string): string {
    return join(this.dir, path);
  }

  read(path: string): string {
    return readFileSync(this.path(path), "utf8");
  }

  readBytes(path: string): Uint8Array {
    return readFileSync(this.path(path));
  }

  write(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content);
  }

  /** Replaces a text that must be there. */
  edit(path: string, from: string, to: string): void {
    const text = this.read(path);
    assert(text.includes(from), `${path} has no ${from}`);
    this.write(
      path,
      text.replace(from, () => to),
    );
  }

  editSpec(from: string, to: string): void {
    this.edit("specs/small.yaml", from, to);
  }

  remove(path: string): void {
    rmSync(this.path(path), { recursive: true });
  }

  /**
   * Every file that the experiment's tasks made: digest by path. Neither its records nor the report, which every apply
   * writes anew from what the tasks made.
   */
  artifacts(): Record<string, string> {
    const folder = this.path("experiments/small");
    const paths = filesUnder(folder).filter(
      (path) => !path.startsWith(".steerform") && !path.startsWith("reports/report."),
    );
    const digest = (path: string) =>
      createHash("sha256")
        .update(readFileSync(join(folder, path)))
        .digest("hex");
    return Object.fromEntries(paths.map((path) => [path, digest(path)]));
  }

  /** Files of the experiment's records. */
  records(): string[] {
    return filesUnder(this.path("experiments/small/.steerform"));
  }

  /** Runs a command: apply in a process of its own, the others here, which is several times as fast. */
  async run(...args: readonly string[]): Promise<Finished> {
    return args[0] === "apply" ? this.spawn(...args) : this.here(...args);
  }

  /** Runs the built command in a process of its own. */
  async spawn(...args: readonly string[]): Promise<Finished> {
    return steerform(args, this.dir);
  }

  /** Runs a command in this process, as its sources are. */
  async here(...args: readonly string[]): Promise<Finished> {
    return steerformHere(args, this.dir);
  }

  /** Applies, and expects that it works. */
  async apply(...args: readonly string[]): Promise<Finished> {
    const finished = await this.run("apply", "--yes", ...args);
    assert.equal(finished.exitCode, 0, finished.text);
    return finished;
  }

  /** Actions of the plan by task id. */
  async actions(): Promise<Record<string, string>> {
    const { stdout } = await this.run("plan", "--json");
    const { tasks } = JSON.parse(stdout) as {
      readonly tasks: readonly { readonly id: string; readonly action: string }[];
    };
    return Object.fromEntries(tasks.map(({ id, action }) => [id, action]));
  }

  /** Ids of what apply would do. */
  async todo(): Promise<string[]> {
    return Object.entries(await this.actions()).flatMap(([id, action]) =>
      action === "keep" ? [] : [`${action} ${id}`],
    );
  }
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** A project that goes with the test. */
export function createProject(spec: string = SPEC): Project {
  return fill(temporary(onTestFinished), spec);
}

/** A project that goes with the test file. */
export function createSharedProject(spec: string = SPEC): Project {
  return fill(temporary(afterAll), spec);
}

/** A copy that goes with the test. */
export function copyProject(project: Project): Project {
  const dir = temporary(onTestFinished);
  cpSync(project.dir, dir, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  return new Project(dir);
}

function temporary(atEnd: (remove: () => void) => void): string {
  const dir = mkdtempSync(join(tmpdir(), "steerform-project-"));
  atEnd(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function fill(dir: string, spec: string): Project {
  const project = new Project(dir);
  project.write("specs/small.yaml", spec);
  for (const name of ["tiny-base", "tiny-instruct", "tiny-judge"]) copy(project, `config/models/${name}.yaml`);
  for (const name of ["trait", "coherence"]) copy(project, `templates/judge/${name}.hbs`);
  mkdirSync(project.path("models"));
  symlinkSync(join(REPOSITORY, "models/tiny"), project.path("models/tiny"));
  for (const [set, ending] of [
    ["tiny_instruction", "jsonl"],
    ["tiny_natural", "txt"],
  ] as const) {
    const folder = `datasets/traits/${set}/sycophancy`;
    for (const polarity of ["positive", "negative"]) copy(project, `${folder}/${polarity}.${ending}`, ROWS);
    copy(project, `${folder}/definition.txt`);
    const { questions } = JSON.parse(repositoryText(`${folder}/steering.json`)) as { readonly questions: string[] };
    project.write(`${folder}/steering.json`, JSON.stringify({ questions: questions.slice(0, QUESTIONS) }));
  }
  return project;
}

function copy(project: Project, path: string, lines = Infinity): void {
  project.write(
    path,
    repositoryText(path)
      .split(/(?<=\n)/)
      .slice(0, lines)
      .join(""),
  );
}

function repositoryText(path: string): string {
  return readFileSync(join(REPOSITORY, path), "utf8");
}
