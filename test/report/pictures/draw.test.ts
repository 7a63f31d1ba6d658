import { describe, expect, test } from "vitest";
import { similarityPictures } from "../../../src/report/experiment/similarity-pictures.ts";
import type { Intervals, Lines, Tiles } from "../../../src/report/experiment/view.ts";
import { legendOf } from "../../../src/report/pictures/colours.ts";
import { drawFigure } from "../../../src/report/pictures/draw.ts";
import type { SimilarityDocument } from "../../../src/runtime/tasks/similarity-document.ts";

const LINES: Lines = {
  kind: "lines",
  caption: "",
  alt: `largest: "4" & <more>`,
  x: "coefficient",
  y: "Δ",
  series: [
    {
      name: "2",
      points: [
        [1, 10],
        [2, 20],
      ],
    },
    {
      name: "3",
      points: [
        [1, 12],
        [2, 20.1],
      ],
    },
    {
      name: "4",
      points: [
        [1, 50],
        [2, 80],
      ],
    },
  ],
  rules: [],
  marks: [],
  ordered: true,
};

/** Texts in a picture, in order. */
function textsIn(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text as string);
}

test("a picture has one name, which is text, and nothing in it has another", () => {
  const svg = drawFigure(LINES);
  expect(svg.match(/role="[^"]*"/g)).toEqual([`role="img"`]);
  expect(svg.match(/aria-label="[^"]*"/g)).toEqual([`aria-label="largest: &quot;4&quot; & <more>"`]);
});

test("lines have their names at their ends, but where one would lie on another", () => {
  expect(textsIn(drawFigure(LINES)).slice(-2)).toEqual(["2", "4"]);
});

test("series that share a colour differ in their stroke, in the picture and in its legend", () => {
  const series = Array.from({ length: 9 }, (_, index) => ({
    name: `s${index}`,
    points: [
      [0, index],
      [1, index],
    ] as const,
  }));
  const figure: Lines = { ...LINES, ordered: false, series };
  expect(legendOf(figure).map(({ colour, stroke }) => `${colour} ${stroke}`)).toEqual([
    ...Array.from({ length: 7 }, (_, index) => `var(--c${index}) solid`),
    "var(--c0) dashed",
    "var(--c1) dashed",
  ]);
  expect(drawFigure(figure).match(/stroke-dasharray="6 3"/g)).toHaveLength(2);
});

test("tiles: pale with a cross when not coherent; text that is read on each", () => {
  const tile = { row: "4", from: 0, to: 1, value: 90, faded: false };
  const tiles: Tiles = {
    kind: "tiles",
    caption: "",
    alt: "tiles",
    x: "coefficient",
    y: "layer",
    rows: ["3", "4"],
    tiles: [tile, { ...tile, from: 1, to: 2, value: -20, faded: true }, { ...tile, row: "3", value: 20 }],
    limit: 100,
  };
  const svg = drawFigure(tiles);
  expect(textsIn(svg).slice(-3)).toEqual(["90", "−20 ×", "20"]);
  expect(svg).toContain("color-mix(in oklab, var(--positive) 90%, var(--zero))");
  expect(svg).toContain("color-mix(in oklab, var(--negative) 20%, var(--zero))");
  expect(["--on-strong", "--text", "--on-weak"].every((colour) => svg.includes(`fill="var(${colour})"`))).toBe(true);
});

test("intervals: a row each, in order, whose name is text; one without an interval is a dot alone", () => {
  const rows: Intervals["rows"] = [
    { name: "<img> & co", value: 5, interval: [2, 8], what: "vector" },
    { name: "random, the largest", value: 1, interval: null, what: "random" },
  ];
  const svg = drawFigure({ kind: "intervals", caption: "", alt: "rows", x: "Δ", y: "", rows });
  expect(textsIn(svg).slice(0, 2)).toEqual(["&lt;img&gt; &amp; co", "random, the largest"]);
  expect(svg).not.toContain("<img");
  expect(svg.match(/stroke-width="2"/g)).toHaveLength(1);
});

describe("similarity by token", () => {
  test("of 32 layers eight are drawn, the first and the last among them; the table has all", () => {
    const layers = Array.from({ length: 32 }, (_, layer) => [String(layer), { mean: [0.9, 0.8] }] as const);
    const document = {
      captured: "instruct",
      replayed: "base",
      per_layer_similarity: { mean: [0.9], std: [0.1] },
      transfer_curves: {},
      per_position_similarity: {
        positions: [0, 1],
        n_prompts_at_position: [4, 4],
        by_layer: Object.fromEntries(layers),
      },
    } as unknown as SimilarityDocument;
    const [, pictures] = similarityPictures(document);
    const [figure] = (pictures?.figures ?? []) as Lines[];
    expect(figure?.series.map(({ name }) => name)).toEqual(["0", "4", "9", "13", "18", "22", "27", "31"]);
    expect(figure?.caption).toBe("Mean cosine at each token of the response, 8 of 32 layers");
    expect(pictures?.table?.columns).toHaveLength(34);
  });
});
