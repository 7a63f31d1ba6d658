import type { Phase } from "../../domain/task.ts";

/**
 * A report as data: words and numbers in an order, and no layout. A pure function of artifacts, so that the same artifacts
 * give the same report. Every text is plain; a renderer escapes it.
 */
export interface ReportView {
  readonly experiment: string;
  readonly facts: readonly Fact[];
  readonly criteria: readonly Criterion[];
  /** Each trait's best in a row; undefined before something is steered. */
  readonly glance: Table | undefined;
  /** How far every phase is; undefined when all is done. */
  readonly phases: Table | undefined;
  readonly sections: readonly Section[];
  readonly browser: Browser;
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** What the experiment set out to do. `open`: the tasks that would tell have not run. */
export interface Criterion {
  readonly text: string;
  readonly state: "met" | "missed" | "open";
  readonly evidence: string;
}

export interface Section {
  readonly id: Phase;
  readonly title: string;
  /** What is not there to be reported; empty when all of it is. */
  readonly missing: string;
  readonly answers: readonly Answer[];
  readonly tables: readonly Table[];
  readonly pictures: readonly Pictures[];
  readonly notes: readonly string[];
}

export interface Answer {
  readonly question: string;
  /** In short: yes, no, or a number. */
  readonly answer: string;
  /** What it is read from; may be empty. */
  readonly detail: string;
}

export interface Table {
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** To look something up in: shown when it is asked for. */
  readonly isFolded?: boolean;
}

export interface Column {
  readonly title: string;
  readonly numeric: boolean;
}

/** Pictures of one thing, and all their numbers as one table, unless a table of the section has them. */
export interface Pictures {
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly table?: Table;
  /** One of many alike: shown when it is asked for. */
  readonly isFolded: boolean;
}

export type Figure = Lines | Tiles | Intervals;

interface Drawn {
  readonly caption: string;
  /** What the picture shows, for who does not see it. */
  readonly alt: string;
  readonly x: string;
  readonly y: string;
}

export interface Lines extends Drawn {
  readonly kind: "lines";
  readonly series: readonly Series[];
  /** Between two curves: the null, or a standard deviation. */
  readonly band?: readonly { readonly x: number; readonly low: number; readonly high: number }[];
  /** Horizontal, with a meaning that the caption gives. */
  readonly rules: readonly number[];
  /** Vertical: layers that steer best. */
  readonly marks: readonly number[];
  /** Layers in order are colours in order; else colours that are told apart. */
  readonly ordered: boolean;
  /** Points without lines between them. */
  readonly isScattered?: boolean;
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Rows of tiles, each from one x to another. */
export interface Tiles extends Drawn {
  readonly kind: "tiles";
  readonly rows: readonly string[];
  readonly tiles: readonly Tile[];
  /** Of the colours, from −limit to limit. */
  readonly limit: number;
}

export interface Tile {
  readonly row: string;
  readonly from: number;
  readonly to: number;
  readonly value: number;
  /** Not counted: shown paler. */
  readonly faded: boolean;
}

/** Rows of a value and its interval. */
export interface Intervals extends Drawn {
  readonly kind: "intervals";
  readonly rows: readonly IntervalRow[];
}

export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  readonly interval: readonly [low: number, high: number] | null;
  /** Each has its own colour and shape. */
  readonly what: "vector" | "combination" | "prompt" | "random";
}

/** Responses to look through. */
export interface Browser {
  /** Unsteered, by dataset and then question. */
  readonly unsteered: readonly { readonly dataset: string; readonly answers: readonly Response[] }[];
  readonly sets: readonly ResponseSet[];
}

/** Answers to all of a dataset's questions under one steering. */
export interface ResponseSet {
  readonly trait: string;
  readonly dataset: string;
  /** The vector set, the combination, or system prompts. */
  readonly by: string;
  /** `layer 4, coefficient 25.48`; of system prompts, the prompt. */
  readonly at: string;
  readonly isBest: boolean;
  readonly answers: readonly Response[];
}

export interface Response {
  readonly question: string;
  readonly response: string;
  readonly trait: number | null;
  readonly coherence: number | null;
}
