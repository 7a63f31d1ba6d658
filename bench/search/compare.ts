/**
 * The searches beside each other: the same vectors, unsteered answers and judge, and what each finds with how much.
 *
 *     npm run build && node --import tsx bench/search/compare.ts [PROJECT] [SPEC] [SET…]
 *
 * PROJECT is a folder with specs, models and data sets (this repository when left out), SPEC a spec in it, SET more
 * `--set` of every run. Extraction and unsteered answers are made once, in a temporary folder; each search then goes on
 * from a copy of it.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { heldOutQuestions } from "../../src/domain/held-out.ts";
import { choose, effectOn, splitOf } from "../../src/runtime/effect.ts";
import type { Scores } from "../../src/runtime/judge/types.ts";
import { readEvaluations, type StoredEvaluation } from "../../src/runtime/tasks/steering-files.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const MIN_COHERENCE = 70;

const SEARCHES: Readonly<Record<string, string>> = {
  "adaptive, 5": "{algorithm: adaptive}",
  "adaptive, 10": "{algorithm: adaptive, evaluations: 10}",
  "bracket, 2 × 3": "{algorithm: bracket}",
  "bracket, 2 × 4": "{algorithm: bracket, steps: 4}",
  "bracket, 3 × 3": "{algorithm: bracket, points: 3, spread: 2}",
};

const [project = REPOSITORY, spec = "specs/demo.yaml", ...sets] = process.argv.slice(2);

/** A search of one vector set: its evaluations in their order, and the unsteered answers. */
interface Search {
  readonly name: string;
  readonly evaluations: readonly StoredEvaluation[];
  readonly unsteered: readonly Scores[];
}

const root = mkdtempSync(join(tmpdir(), "steerform-search-"));
const first = join(root, "first");
mkdirSync(first);
for (const name of readdirSync(project)) {
  if (["config", "datasets", "models", "specs", "templates"].includes(name)) {
    symlinkSync(resolve(project, name), join(first, name));
  }
}
apply(first, SEARCHES["adaptive, 5"] as string, "baseline/*", "vectors/*");
const all = new Map<string, readonly Search[]>();
console.log("| search | generations | wall s | CPU s | Δ chosen on | Δ reported | coherent |");
console.log("| --- | --: | --: | --: | --: | --: | --: |");
for (const [name, search] of Object.entries(SEARCHES)) {
  const copy = join(root, name.replaceAll(/\W+/g, "-"));
  cpSync(first, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  const { wall, cpu } = apply(copy, search, "steering/*");
  const searches = read(copy);
  all.set(name, searches);
  const { chosen, reported, found } = summary(searches);
  const generations = searches.reduce((sum, { evaluations }) => sum + evaluations.length, 0) * questionsOf(searches);
  console.log(
    `| ${name} | ${generations} | ${wall.toFixed(0)} | ${cpu.toFixed(0)} | ${chosen} | ${reported} | ${found} of ${searches.length} |`,
  );
}
rmSync(root, { recursive: true });
printCurves(all);

/** Runs apply for some tasks; seconds. */
function apply(folder: string, search: string, ...targets: readonly string[]): { wall: number; cpu: number } {
  const settings = [`steering.search=${search}`, "steering.null_directions=0", ...sets];
  const args = [
    ...targets.flatMap((target) => ["--target", target]),
    ...settings.flatMap((setting) => ["--set", setting]),
  ];
  const steerform = join(REPOSITORY, "bin/steerform.js");
  // What a process and its threads used, bash says.
  const timed = ["-c", 'TIMEFORMAT="%R %U %S"; time node "$@" >&2', "bash", steerform, "apply", spec, "--yes", ...args];
  const { status, stderr } = spawnSync("bash", timed, { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr);
  const [wall = 0, user = 0, system = 0] = (stderr.trimEnd().split("\n").at(-1) ?? "").split(" ").map(Number);
  return { wall, cpu: user + system };
}

function read(folder: string): Search[] {
  const [experiment = ""] = readdirSync(join(folder, "experiments"));
  const steering = join(folder, "experiments", experiment, "steering");
  return readdirSync(steering, { recursive: true, encoding: "utf8" })
    .filter((path) => basename(path) === "responses.jsonl")
    .toSorted((a, b) => a.localeCompare(b))
    .map((path) => {
      const [set = "", trait = ""] = path.split("/");
      const [application = ""] = readdirSync(join(steering, set, trait)).filter((variant) =>
        readdirSync(join(steering, set, trait, variant)).includes("baseline.json"),
      );
      const baseline = readFileSync(join(steering, set, trait, application, "baseline.json"), "utf8");
      return {
        name: path,
        evaluations: readEvaluations(readFileSync(join(steering, path), "utf8")),
        unsteered: (JSON.parse(baseline) as { readonly responses: Scores[] }).responses,
      };
    });
}

/**
 * What each search has found after so many evaluations of a set: multiples of its layers, in the order in which they were
 * tried (those of a step by layer, then by coefficient).
 */
function printCurves(found: ReadonlyMap<string, readonly Search[]>): void {
  const counts = [...found.values()].flat().map(({ evaluations }) => evaluations.length);
  const some = [...found.values()][0] ?? [];
  const layers = new Set(some[0]?.evaluations.map(({ layer }) => layer)).size;
  console.log(`\n| generations a set | ${[...found.keys()].join(" | ")} |\n| --: |${" --: |".repeat(found.size)}`);
  for (let count = layers; count <= Math.max(...counts); count += layers) {
    const cells = [...found.values()].map((searches) => {
      if (searches.some(({ evaluations }) => evaluations.length < count)) return "";
      const begun = searches.map((one) => ({ ...one, evaluations: one.evaluations.slice(0, count) }));
      const { chosen, reported } = summary(begun);
      return `${chosen} / ${reported}`;
    });
    console.log(`| ${count * questionsOf(some)} | ${cells.join(" | ")} |`);
  }
}

/** Means over the searches; one that finds nothing coherent counts as no effect. */
function summary(searches: readonly Search[]): { chosen: string; reported: string; found: number } {
  const bests = searches.map(({ evaluations, unsteered }) => {
    const split = splitOf(heldOutQuestions(unsteered.length, 0.5));
    const best = choose(evaluations, split, MIN_COHERENCE);
    const on = (questions: readonly number[]): number =>
      best === undefined ? 0 : (effectOn(questions, best.scores, unsteered, 0.95).delta ?? 0);
    return { isFound: best !== undefined, chosen: on(split.selecting), reported: on(split.reporting) };
  });
  const mean = (of: (best: (typeof bests)[number]) => number): string =>
    (bests.reduce((sum, best) => sum + of(best), 0) / bests.length).toFixed(1);
  return {
    chosen: mean(({ chosen }) => chosen),
    reported: mean(({ reported }) => reported),
    found: bests.filter(({ isFound }) => isFound).length,
  };
}

function questionsOf(searches: readonly Search[]): number {
  return searches[0]?.unsteered.length ?? 0;
}
