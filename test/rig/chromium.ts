import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const USUAL = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The browser that CHROMIUM names, or one at a usual place; undefined where there is none. */
export function findChromium(): string | undefined {
  return process.env["CHROMIUM"] ?? USUAL.find((path) => existsSync(path));
}

export function startChromium(executablePath: string): Promise<Browser> {
  // Its sandbox is not to be had as root, as in containers; what it opens are our own pages.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}
