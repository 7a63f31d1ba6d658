import type { Diagnostic } from "../diagnostic.ts";
import type { Place } from "../source-file.ts";
import { error, tokens, warning } from "./make.ts";

/** SF15xx: values that are fine one by one and do not go together. */

export function rolloutsAlike(
  rollouts: Place,
  count: number,
  temperature: { readonly place: Place; readonly isDefault: boolean },
): Diagnostic {
  return error("SF1501", rollouts, `${count} rollouts at temperature 0 would be ${count} copies of one response.`, {
    related: [
      {
        message: temperature.isDefault ? "No temperature is set here, so it is 0." : "The temperature is 0 here.",
        place: temperature.place,
      },
    ],
    hint: "Set a temperature above 0, or rollouts: 1.",
  });
}

export function budgetTooSmall(
  place: Place,
  budget: number,
  needed: number,
  reader: { readonly position: string; readonly place: Place },
): Diagnostic {
  return error(
    "SF1502",
    place,
    `Responses of ${tokens(budget)} are too short for ${reader.position}, which reads ${needed}.`,
    {
      related: [{ message: `${reader.position} reads them here.`, place: reader.place }],
      hint: `Set max_new_tokens to ${needed} or more, or leave it out: it is then inferred.`,
    },
  );
}

export function budgetUnknown(place: Place, position: string, source: string, sourcePlace: Place): Diagnostic {
  return error(
    "SF1503",
    place,
    `How long should the responses be? ${position} reads to their end, and the source '${source}' sets no max_new_tokens.`,
    {
      related: [{ message: `'${source}' is declared here.`, place: sourcePlace }],
      hint: `Set generate: { max_new_tokens: ... } for '${source}'.`,
    },
  );
}

export function layersBeyondModel(place: Place, why: string, variant: string, modelPlace: Place): Diagnostic {
  return error("SF1504", place, `${capital(why)}.`, {
    related: [{ message: `The layers of the model of '${variant}'.`, place: modelPlace }],
  });
}

export function layersBeyondSource(
  place: Place,
  layer: number,
  variant: string,
  depth: number,
  modelPlace: Place,
): Diagnostic {
  return error(
    "SF1505",
    place,
    `Layer ${layer} has no vectors: the model of '${variant}', which they come from, has ${depth} layers.`,
    {
      related: [{ message: `The layers of the model of '${variant}'.`, place: modelPlace }],
    },
  );
}

export interface Width {
  readonly variant: string;
  readonly hiddenSize: number;
  readonly place: Place;
}

export function hiddenSizesDiffer(place: Place, vectors: Width, application: Width): Diagnostic {
  return error(
    "SF1506",
    place,
    `Vectors of '${vectors.variant}' do not fit '${application.variant}': ${vectors.hiddenSize} and ${application.hiddenSize} numbers.`,
    {
      related: [
        { message: `The hidden size of '${vectors.variant}'.`, place: vectors.place },
        { message: `The hidden size of '${application.variant}'.`, place: application.place },
      ],
      hint: "A vector can only steer models of the width that it comes from.",
    },
  );
}

export function steeringWithoutJudge(place: Place): Diagnostic {
  return error("SF1507", place, "Steering needs a judge: nothing would score the answers.", {
    hint: "Add judge: { provider: local, variant: ... } or judge: { provider: openai, model: ... }.",
  });
}

export function steeringWithoutApplication(place: Place): Diagnostic {
  return error("SF1508", place, "Steering needs an application: which variant is steered?", {
    hint: "Add application: and one of the variants.",
  });
}

export function secretWritten(place: Place): Diagnostic {
  return error("SF1509", place, "This looks like a secret; a secret is never written in a file.", {
    hint: "Name the environment variable that holds it: api_key_env: OPENAI_API_KEY. Take this one for known: renew it.",
  });
}

export function systemPromptOnRaw(place: Place, dataset: string, variant: string, modelPlace: Place): Diagnostic {
  return warning(
    "SF1510",
    place,
    `${dataset} has system prompts, and '${variant}' has no chat template: they become the beginning of the text.`,
    { related: [{ message: `The model of '${variant}' takes text as it is.`, place: modelPlace }] },
  );
}

export function beyondContext(
  place: Place,
  count: number,
  variant: string,
  context: number,
  contextPlace: Place,
): Diagnostic {
  return error("SF1511", place, `Responses of ${tokens(count)} leave no room for a prompt in '${variant}'.`, {
    related: [{ message: `Its context is ${tokens(context)}.`, place: contextPlace }],
    hint: `Set fewer than ${context}.`,
  });
}

export function vettingWithoutJudge(place: Place): Diagnostic {
  return error("SF1513", place, "Vetting needs a judge: nothing would score the responses.", {
    hint: "Add judge: { provider: local, variant: ... } or judge: { provider: openai, model: ... }.",
  });
}

export function systemPromptRefused(place: Place, dataset: string, variant: string, modelPlace: Place): Diagnostic {
  return error(
    "SF1512",
    place,
    `${dataset} has system prompts, and the chat template of '${variant}' has no place for one.`,
    {
      related: [{ message: `The model of '${variant}'.`, place: modelPlace }],
      hint: "Use a variant whose chat template has a system role for this source, or a dataset without system prompts.",
    },
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
