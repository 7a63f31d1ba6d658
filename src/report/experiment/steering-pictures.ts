import type { Results } from "../../runtime/tasks/results-document.ts";
import { formatDelta, formatScore } from "../units.ts";
import { layersOf, type CurvePoint, type Curves } from "./curves.ts";
import { bestRow } from "./steering-answers.ts";
import type { Lines, Pictures, Series, Tile, Tiles } from "./view.ts";
import { columns, fixed, setName, traitsOf } from "./words.ts";

export function steeringPictures(results: Results | undefined, curves: readonly Curves[]): Pictures[] {
  const minCoherence = results?.min_coherence ?? 0;
  const thresholds = results?.rows[0]?.at.map(({ coherence }) => coherence) ?? [];
  const limit = Math.max(1, ...curves.flatMap(({ points }) => points.map(({ delta }) => Math.abs(delta ?? 0))));
  const bests = new Set(
    results === undefined
      ? []
      : traitsOf(results).map((trait) => bestRow(results.rows.filter((row) => row.trait === trait))?.row),
  );
  return curves.map((curve) => {
    const { points, dataset, variant, position, method } = curve;
    const name = setName(curve);
    const row = results?.rows.find(
      (one) => one.dataset === dataset && one.variant === variant && one.position === position && one.method === method,
    );
    const rules = [...new Set([minCoherence, ...thresholds])].filter((coherence) => coherence > 0);
    return {
      title: `${name}${row?.best === undefined ? "" : `: best at layer ${row.best.layer}, coefficient ${fixed(row.best.coefficient)}`}`,
      isFolded: !bests.has(row),
      figures: [
        deltaLines(name, points),
        coherenceLines(name, points, rules),
        tiles(name, points, minCoherence, limit),
      ],
      table: {
        caption: `All evaluations of ${name}, over all questions`,
        columns: columns([], ["layer", "coefficient", "trait", "Δ", "coherence", "n"]),
        rows: points.map((point) => [
          String(point.layer),
          fixed(point.coefficient),
          formatScore(point.trait),
          formatDelta(point.delta),
          formatScore(point.coherence),
          String(point.n),
        ]),
      },
    };
  });
}

function deltaLines(name: string, points: readonly CurvePoint[]): Lines {
  return {
    kind: "lines",
    caption: "Δ of the trait against the coefficient, a line a layer",
    alt: `${name}: change of the trait score against the coefficient, by layer. ${peakWords(points, "delta")}`,
    x: "coefficient (length of the added vector)",
    y: "Δ trait score",
    series: seriesBy(points, "delta"),
    rules: [0],
    marks: [],
    ordered: true,
  };
}

function coherenceLines(name: string, points: readonly CurvePoint[], rules: readonly number[]): Lines {
  const dashed = rules.length === 0 ? "" : `; dashed: ${rules.join(" and ")}`;
  return {
    kind: "lines",
    caption: `Coherence against the coefficient, a line a layer${dashed}`,
    alt: `${name}: coherence against the coefficient, by layer. ${peakWords(points, "coherence")}`,
    x: "coefficient (length of the added vector)",
    y: "coherence (0–100)",
    series: seriesBy(points, "coherence"),
    rules,
    marks: [],
    ordered: true,
  };
}

function seriesBy(points: readonly CurvePoint[], field: "delta" | "coherence"): Series[] {
  return layersOf(points).map((layer) => ({
    name: String(layer),
    points: points.flatMap((point) => {
      const value = point[field];
      return point.layer !== layer || value === null ? [] : [[point.coefficient, value] as const];
    }),
  }));
}

function peakWords(points: readonly CurvePoint[], field: "delta" | "coherence"): string {
  const known = points.filter((point) => point[field] !== null);
  const [top] = known.toSorted((a, b) => (b[field] as number) - (a[field] as number));
  if (top === undefined) return "No evaluation has a score.";
  return `Highest at layer ${top.layer}, coefficient ${fixed(top.coefficient)}: ${formatScore(top[field])}.`;
}

/** Each evaluation's tile reaches halfway to the next coefficient of its layer. */
function tiles(name: string, points: readonly CurvePoint[], minCoherence: number, limit: number): Tiles {
  const drawn = layersOf(points).flatMap((layer) => {
    const row = points.filter((point) => point.layer === layer);
    return row.flatMap((point, index): Tile[] => {
      if (point.delta === null) return [];
      const [before, after] = [row[index - 1], row[index + 1]];
      const half = (other: CurvePoint | undefined): number | undefined =>
        other && Math.abs(other.coefficient - point.coefficient) / 2;
      const [left, right] = [half(before) ?? half(after) ?? 0.5, half(after) ?? half(before) ?? 0.5];
      const faded = point.coherence === null || point.coherence < minCoherence;
      const [from, to] = [point.coefficient - left, point.coefficient + right];
      return [{ row: String(layer), from, to, value: point.delta, faded }];
    });
  });
  return {
    kind: "tiles",
    caption: `Δ by layer and coefficient; pale with a cross: coherence below ${minCoherence}`,
    alt: `${name}: change of the trait score by layer and coefficient, as tiles. ${peakWords(points, "delta")}`,
    x: "coefficient (length of the added vector)",
    y: "layer",
    rows: layersOf(points).map(String),
    tiles: drawn,
    limit,
  };
}
