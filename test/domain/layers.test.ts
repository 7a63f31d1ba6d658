import { expect, test } from "vitest";
import { parseLayers, resolveLayers } from "../../src/domain/layers.ts";

function layers(value: string | number | readonly number[], depth: number): number[] | string {
  const spec = parseLayers(value);
  if ("error" in spec) return spec.error;
  const resolved = resolveLayers(spec, depth);
  return "error" in resolved ? resolved.error : resolved;
}

test.each([
  ["30%-60%", 32, [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]],
  ["30%-60%", 8, [2, 3, 4]],
  ["30% - 60%", 8, [2, 3, 4]],
  ["29%-29%", 100, [29]],
  ["12.5%-25%", 8, [1, 2]],
  ["0%-100%", 4, [0, 1, 2, 3]],
  ["all", 3, [0, 1, 2]],
  ["9..11", 32, [9, 10, 11]],
  ["5..5", 32, [5]],
  [[14, 12], 32, [12, 14]],
  [7, 8, [7]],
] as const)("%s of %i", (value, depth, expected) => {
  expect(layers(value, depth)).toEqual(expected);
});

test.each([
  ["60%-30%", 32, "'60%-30%' ends before it begins"],
  ["9..3", 32, "'9..3' ends before it begins"],
  ["30%-101%", 32, "'30%-101%' goes beyond 100%"],
  ["100%-100%", 8, "100%-100% of 8 layers is no layer"],
  ["9-19", 32, "'9-19' are not layers, such as all, 30%-60%, 9..19 or [12, 14]"],
  ["", 32, "'' are not layers, such as all, 30%-60%, 9..19 or [12, 14]"],
  ["6..9", 8, "layer 8 is beyond the model's 8 layers, 0 to 7"],
  [[3, 40], 32, "layer 40 is beyond the model's 32 layers, 0 to 31"],
] as const)("refused: %s of %i", (value, depth, error) => {
  expect(layers(value, depth)).toBe(error);
});
