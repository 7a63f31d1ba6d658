import type { Diagnostic } from "../diagnostic.ts";
import type { Place } from "../source-file.ts";
import { error, listed, warning } from "./make.ts";

/** SF17xx: combinations, weight analysis, activation similarity and checkpoints. */

export function needsSteering(place: Place, section: string): Diagnostic {
  return error("SF1701", place, `${section} needs steering: nothing is found without it.`, {
    hint: "Add a steering section, or remove this one.",
  });
}

export function sourceNotSteered(place: Place, source: string, trait: string, traitPlace: Place): Diagnostic {
  return error(
    "SF1702",
    place,
    `No vector of '${trait}' from the source '${source}' is steered, so none can be combined.`,
    {
      related: [{ message: `'${trait}' is in the matrix here.`, place: traitPlace }],
      hint: "Extract and steer it (extraction.matrix, steering.vectors), or leave the source out.",
    },
  );
}

export function badChoice(place: Place, why: string): Diagnostic {
  return error("SF1703", place, `${why}.`);
}

export function bestOfAnother(
  place: Place,
  source: string,
  sources: readonly string[],
  sourcesPlace: Place,
): Diagnostic {
  return error("SF1704", place, `best(${source}) is of a source that is not combined here.`, {
    related: [{ message: `Combined are ${listed(sources)}.`, place: sourcesPlace }],
  });
}

export function sumAtOwnLayers(layer: Place, name: string): Diagnostic {
  return error("SF1705", layer, `The sum of '${name}' is one vector: it has no layers of its own to be steered at.`, {
    hint: "Use vectors: each, or a layer such as best.",
  });
}

export function sumOfShares(coefficient: Place, name: string): Diagnostic {
  return error(
    "SF1706",
    coefficient,
    `A share of each vector's best makes no coefficient for '${name}', which is one sum.`,
    {
      hint: "Use vectors: each, or coefficient: search.",
    },
  );
}

export function strategyTwice(place: Place, name: string, first: Place): Diagnostic {
  return error("SF1707", place, `Two strategies are named '${name}'.`, {
    related: [{ message: "The first one.", place: first }],
    hint: "Give one of them another name.",
  });
}

export function comparedWithItself(place: Place, variant: string, first: Place): Diagnostic {
  return error("SF1708", place, `'${variant}' is compared with itself.`, {
    related: [{ message: "The same variant.", place: first }],
    hint: "Compare the variant before training with the one after it.",
  });
}

export interface Shape {
  readonly variant: string;
  readonly layers: number;
  readonly hiddenSize: number;
  /** Of the model's layers. */
  readonly place: Place;
}

export function shapesDiffer(place: Place, one: Shape, other: Shape): Diagnostic {
  const words = ({ variant, layers, hiddenSize }: Shape) => `'${variant}' has ${layers} layers of ${hiddenSize}`;
  return error("SF1709", place, `${words(one)}, ${words(other)}: they cannot be compared layer by layer.`, {
    related: [one, other].map((shape) => ({ message: `The model of '${shape.variant}'.`, place: shape.place })),
    hint: "Compare two variants of one architecture.",
  });
}

export function alignmentWithoutNull(place: Place): Diagnostic {
  return warning("SF1710", place, "Without random directions no alignment can be told from chance.", {
    hint: "Set null_directions: 200.",
  });
}

export function expectsOtherSets(
  place: Place,
  expected: number,
  trait: string,
  made: number,
  matrix: Place,
): Diagnostic {
  const message = `The checkpoint expects ${expected} vector sets of each trait, and the matrix makes ${made} of '${trait}'.`;
  return error("SF1711", place, message, {
    related: [{ message: "The matrix.", place: matrix }],
    hint: "One of the two is not what you mean.",
  });
}

export function expectsOtherLayers(place: Place, expected: number, shape: Shape): Diagnostic {
  const { variant, layers } = shape;
  return error("SF1712", place, `The checkpoint expects ${expected} layers a set, and '${variant}' has ${layers}.`, {
    related: [{ message: `The layers of the model of '${variant}'.`, place: shape.place }],
  });
}

export function tooFewQuestions(place: Place, asked: number, ref: string, has: number): Diagnostic {
  return error("SF1713", place, `${asked} questions are to be asked, and ${ref} has ${has}.`, {
    hint: `Write questions: all, or at most ${has}.`,
  });
}

export function questionsDiffer(
  place: Place,
  trait: string,
  ref: string,
  other: string,
  otherPlace: Place,
): Diagnostic {
  return warning(
    "SF1714",
    place,
    `${ref} and ${other} ask different questions: results of '${trait}' do not compare.`,
    {
      related: [{ message: `${other} is named here.`, place: otherPlace }],
      hint: "Give both sources of a trait the same steering.json.",
    },
  );
}

export function heldOutTooSmall(place: Place, share: number, ref: string, has: number): Diagnostic {
  return error("SF1715", place, `A share of ${share} of the ${has} questions of ${ref} leaves one side without any.`, {
    hint: "Write more questions, or another share: report: { held_out: 0.5 }.",
  });
}

export function nothingHeldOut(place: Place): Diagnostic {
  return warning(
    "SF1716",
    place,
    "The best vector is chosen on the questions that it is then reported on: its Δ looks better than it is.",
    { hint: "Write held_out: 0.5, or leave it out: half of the questions choose, the other half report." },
  );
}

export interface Spender {
  readonly what: string;
  readonly calls: number;
}

export function overBudget(
  place: Place,
  unit: string,
  planned: string,
  budget: string,
  spenders: readonly Spender[],
): Diagnostic {
  return error("SF1717", place, `The experiment asks for up to ${planned} ${unit}; the budget is ${budget}.`, {
    hint: `Most go to ${spenders.map(({ what, calls }) => `${what} (${calls})`).join(", ")}.`,
  });
}

export function budgetWithoutPrice(place: Place): Diagnostic {
  return error("SF1718", place, "A budget in dollars needs the judge's price.", {
    hint: "Add price: { input: ..., output: ... } to judge, in dollars a million tokens.",
  });
}

export function dtypeOfOthers(
  place: Place,
  dtype: string,
  provider: { readonly name: string; readonly place: Place; readonly dtypes: readonly string[] },
): Diagnostic {
  const { name, dtypes } = provider;
  return error("SF1719", place, `The provider ${name} computes in ${dtypes.join(" or ")}, not in ${dtype}.`, {
    related: [{ message: "The provider is chosen here.", place: provider.place }],
    hint: "Write dtype: auto, or another provider.",
  });
}

export function devicesOfOthers(place: Place, provider: { readonly name: string; readonly place: Place }): Diagnostic {
  return error("SF1720", place, `Devices are GPUs of CUDA: the provider ${provider.name} has none.`, {
    related: [{ message: "The provider is chosen here.", place: provider.place }],
    hint: "Leave devices out, or write provider: cuda. On the CPU, workers says how many processes run models at once.",
  });
}

export function workersBesideDevices(place: Place, devices: Place): Diagnostic {
  return error("SF1721", place, "Devices have a process each: there are no workers beside them.", {
    related: [{ message: "The devices are named here.", place: devices }],
    hint: "Leave workers out.",
  });
}
