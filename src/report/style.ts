import { styleText } from "node:util";
import type { TaskAction } from "../domain/state.ts";
import type { Level } from "./doctor/finding.ts";

/** Colour where the terminal has it, plain text elsewhere. */
export interface Style {
  readonly colour: boolean;
  bold(text: string): string;
  dim(text: string): string;
  action(action: TaskAction, text: string): string;
  level(level: Level, text: string): string;
}

const ACTION_COLOURS = { create: "green", rerun: "yellow", keep: "gray" } as const;
const LEVEL_COLOURS = { ok: "green", note: "yellow", problem: "red" } as const;

export function createStyle(colour: boolean): Style {
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    colour && text !== "" ? styleText(format, text, { validateStream: false }) : text;
  return {
    colour,
    bold: (text) => paint("bold", text),
    dim: (text) => paint("gray", text),
    action: (action, text) => paint(ACTION_COLOURS[action], text),
    level: (level, text) => paint(LEVEL_COLOURS[level], text),
  };
}
