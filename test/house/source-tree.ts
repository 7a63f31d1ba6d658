import { dirname, join } from "node:path/posix";
import { LAYERS } from "./laws.ts";

/** Path relative to the project, `/`-separated → text. */
export type SourceTree = ReadonlyMap<string, string>;

const NAMES_THAT_SAY_NOTHING = /(^|[-.])(utils?|helpers?|managers?|handlers?|services?|misc|common)\.[a-z.]+$/;
const SPECIFIER = /(?:\bfrom|\bimport\s*\(|\bimport)\s*["']([^"']+)["']/g;

/** What oxlint has no rule for, or is blind to; a sentence for each violation. */
export function violations(tree: SourceTree): string[] {
  return [...wrongNames(tree), ...unknownFolders(tree), ...wrongDirections(tree), ...secondDoors(tree)];
}

function wrongNames(tree: SourceTree): string[] {
  return [...tree.keys()]
    .filter((path) => NAMES_THAT_SAY_NOTHING.test(path.slice(path.lastIndexOf("/") + 1)))
    .map((path) => `${path}: name it for what it does`);
}

/** A folder that no override names would be under no law at all. */
function unknownFolders(tree: SourceTree): string[] {
  return [...tree.keys()].filter((path) => layerOf(path) === undefined).map((path) => `${path}: no layer of src`);
}

/** The linter does not see `import("…").Type`. */
function wrongDirections(tree: SourceTree): string[] {
  return [...tree].flatMap(([path, text]) => {
    const layer = layerOf(path) ?? "";
    return specifiers(text)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => join(dirname(path), specifier))
      .filter((target) => {
        const other = layerOf(target) ?? "";
        return other !== layer && LAYERS[layer]?.includes(other) !== true;
      })
      .map((target) => `${path}: imports ${target}`);
  });
}

/** The linter holds each package to the file it names; this holds for packages that it does not name yet. */
function secondDoors(tree: SourceTree): string[] {
  const doors = new Map<string, Set<string>>();
  for (const [path, text] of tree) {
    for (const specifier of specifiers(text)) {
      if (specifier.startsWith(".") || specifier.startsWith("node:")) continue;
      const name = specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/");
      doors.set(name, (doors.get(name) ?? new Set()).add(path));
    }
  }
  return [...doors]
    .filter(([, files]) => files.size > 1)
    .map(([name, files]) => `${name}: imported by ${[...files].join(" and ")}`);
}

function specifiers(text: string): string[] {
  return [...text.matchAll(SPECIFIER)].map((match) => match[1] ?? "");
}

/** The folder of src that a path is in, if it is one that has a law. */
function layerOf(path: string): string | undefined {
  const [src, layer = ""] = path.split("/");
  return src === "src" && layer in LAYERS ? layer : undefined;
}
