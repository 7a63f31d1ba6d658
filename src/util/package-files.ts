/** Modules are in `src` as written, and in `dist` as built, where a file holds many and says little of where they were. */
const OWN = /\/(src|dist)\/(?!.*\/(?:src|dist)\/)/.exec(import.meta.url);
if (OWN === null) throw new Error(`Internal error: ${import.meta.url} is in no folder of the package`);

/** A file of this package, by its path from package.json. */
export function packageFile(path: string): URL {
  return new URL(path, `${import.meta.url.slice(0, OWN?.index)}/`);
}

/** The module that a thread or a process of its own begins with, by its path in `src` without an extension. */
export function programFile(path: string): URL {
  return packageFile(OWN?.[1] === "dist" ? `dist/${path}.js` : `src/${path}.ts`);
}
