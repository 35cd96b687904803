import type { MeasureName } from "./measures.js";

/** Labels of one series. Never a chat, a key or a text. */
export type Labels = Readonly<Record<string, string>>;

/** Adds to one series. */
export type Add = (by: number) => void;

/** Where measures go: what an exporter brings. Asked once for each series where the path is hot. */
export interface Recorder {
  /** One series of a counter; it counts from 0 from now on. The same labels are the same series. */
  counter(name: MeasureName, labels: Labels): Add;
  /** One series of a histogram, in seconds. */
  histogram(name: MeasureName, labels: Labels): Add;
}

/** What a gauge shows right now. */
export interface Reading {
  readonly name: MeasureName;
  readonly labels: Labels;
  readonly value: number;
}
