import { expect, test } from "vitest";
import { projectOf } from "./fixture.ts";
import { FULL } from "./full-fixture.ts";
import { wrongWith } from "./hostile.ts";
import { HUGE } from "./huge.ts";

test.each(HUGE)("%s in %s", (_, path, text) => {
  expect(wrongWith(projectOf(FULL, { files: { [path]: text() } }))).toEqual([]);
});
