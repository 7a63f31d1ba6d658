import { expect, test } from "vitest";
import { checkTampered, TAMPERED } from "./fuzz.ts";

test.each(Object.entries(TAMPERED))("property: %s, tampered with in thousands of ways, is answered", (_, tampered) => {
  expect(() => checkTampered(tampered, 3000)).not.toThrow();
});
