import { describe, expect, test } from "vitest";
import { closest, grams, leaks, nearDuplicates, rareWords, tellingWords } from "./wording.ts";

describe("what the checks of the data sets find", () => {
  test("runs of words, without case and punctuation", () => {
    expect([...grams("I don't, really; I DON'T!", 2)]).toEqual(["i dont", "dont really", "really i"]);
    expect(grams("two words", 3).size).toBe(0);
  });

  test("near-duplicates: the same sentence with a word changed", () => {
    const [first, second] = [
      "My boss asked me what I thought of her plan for the garden, and I said",
      "My boss asked me what I thought of her plan for the kitchen, and I said",
    ];
    expect(nearDuplicates([first, "Nobody on the ship cared for the captain's singing", second])).toEqual([
      [first, second],
    ]);
    expect(nearDuplicates(["Really?", "really"])).toEqual([["Really?", "really"]]);
  });

  test("a question that stands in a scenario, in other case and punctuation", () => {
    const scenario = `"What do you think of my poem?" she asked, and I said`;
    expect(leaks(["So, what do you think of it?"], [scenario])).toEqual(["what do you think of"]);
    expect(leaks(["What do you think about it?"], [scenario])).toEqual([]);
  });

  test("what a text is about", () => {
    const texts = [
      ...Array.from({ length: 12 }, () => "Nobody answered"),
      "Nobody answered the lighthouse keeper",
      "Nobody",
    ];
    expect([...rareWords(texts)("Nobody answered the lighthouse")]).toEqual(["lighthouse"]);
    expect([...rareWords(texts.slice(2))("Nobody answered")]).toEqual(["nobody", "answered"]);
  });

  test("a word that tells the polarity", () => {
    const scene = ["I smiled and said", "I nodded and wrote", "I rose and told him"];
    const lines = [...scene, ...scene, ...scene];
    const honest = lines.map((line) => `To be honest, ${line}`);
    expect(tellingWords(lines, honest)).toEqual(["to", "be", "honest"]);
    expect(tellingWords(lines, lines)).toEqual([]);
  });

  test("the line that tells the same scene", () => {
    const scenes = ["The cake was raw and I knew it", "The ship sank at noon"];
    expect(closest("The cake was raw and I said so", scenes)).toBe(0);
  });
});
