const SOURCES = new URL("../../src/", import.meta.url);

/** Arguments with which Node runs a script in a process of its own. */
export function scriptArguments(script: string): string[] {
  return ["--import", "tsx", "--input-type=module", "-e", script];
}

/** What a script imports of our sources, e.g. "engine/index.ts", as a quoted text. */
export function sourceText(path: string): string {
  return JSON.stringify(new URL(path, SOURCES).href);
}
