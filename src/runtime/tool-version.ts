import { readFileSync } from "node:fs";
import { packageFile } from "../util/package-files.ts";

/** The version in package.json. */
export function toolVersion(): string {
  const text = readFileSync(packageFile("package.json"), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
