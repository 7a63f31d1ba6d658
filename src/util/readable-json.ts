import type { JsonValue } from "./json.ts";

/**
 * JSON for people: what fits into the width is on one line, and so is every list without lists or objects in it. Keys stay
 * in their order. Ends with a line break.
 */
export function readableJson(value: JsonValue, width = 120): string {
  return `${write(value, "", width)}\n`;
}

function write(value: JsonValue, indent: string, width: number): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const line = oneLine(value);
  const flat = Array.isArray(value) && value.every((item) => item === null || typeof item !== "object");
  if (flat || indent.length + line.length <= width) return line;
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item: JsonValue) => write(item, inner, width))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${write(item, inner, width)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  return `${open}\n${items.map((item) => inner + item).join(",\n")}\n${indent}${close}`;
}

function oneLine(value: JsonValue): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => oneLine(item)).join(", ")}]`;
  const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${oneLine(item)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}
