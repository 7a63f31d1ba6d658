import { describe, expect, test } from "vitest";
import { heldOutAccuracy, lean, mostFrequent, SURFACE } from "./surface.ts";
import { words } from "./wording.ts";

const scenes = Array.from({ length: 30 }, (_, i) => `Scene ${String(i)} took place on day ${String(i * 7)}`);

describe("what the surface of a data set gives away", () => {
  test("counts", () => {
    const text = `"I don't," he said, and never did. But why?`;
    const counted = Object.entries(SURFACE).map(([name, measure]) => [name, measure(text)]);
    expect(Object.fromEntries(counted)).toEqual({
      words: 9,
      characters: 43,
      "characters a word": 28 / 9,
      sentences: 2,
      commas: 2,
      quotes: 2,
      contractions: 1,
      negations: 2,
      "first person": 1,
      but: 1,
      and: 1,
    });
  });

  test("one polarity that is always longer leans, and equal pairs do not count", () => {
    const longer = scenes.map((scene) => `${scene} again`);
    expect(lean(longer, scenes, SURFACE["words"]!)).toBeCloseTo(Math.sqrt(30));
    expect(lean(scenes, longer, SURFACE["words"]!)).toBeCloseTo(-Math.sqrt(30));
    expect(lean(scenes, scenes, SURFACE["words"]!)).toBe(0);
    expect(lean([...longer, ...scenes], [...scenes, ...longer], SURFACE["words"]!)).toBe(0);
  });

  test("a word that only one polarity has gives the lines away that have it", () => {
    const honest = scenes.map((scene, i) => (i < 15 ? `${scene}, honestly` : scene));
    expect(heldOutAccuracy(scenes, honest, 10)).toBe((15 + 15 + 15 / 2) / 60);
    expect(
      heldOutAccuracy(
        scenes.map((scene) => `${scene}, gladly`),
        honest,
        10,
      ),
    ).toBe((30 + 15 + 15 / 2) / 60);
    expect(heldOutAccuracy(scenes, scenes, 10)).toBe(0.5);
  });

  test("how often the most frequent opening occurs", () => {
    const lines = ["My boss smiled", "my boss rose", "The boss left"];
    expect(mostFrequent(lines, (text) => [words(text).slice(0, 2).join(" ")])).toBe(2);
    expect(mostFrequent(lines, words)).toBe(3);
  });
});
