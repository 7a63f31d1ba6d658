import { expect, test } from "vitest";
import { checkTampered, TAMPERED } from "./fuzz.ts";

test.each(Object.entries(TAMPERED))("property: %s, tampered with, is answered", (_, tampered) => {
  expect(() => checkTampered(tampered, 40)).not.toThrow();
});
