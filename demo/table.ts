import Table from "cli-table3";
import type { Claim, Side } from "./scenario.js";
import { nameOf, paint } from "./style.js";

/** One scenario with both sides counted. */
export interface Compared {
  title: string;
  plain: Side;
  guarded: Side;
  claims: Claim[];
}

const head = [
  "",
  "Sendonce",
  "intended",
  "received",
  "doubled",
  "missing",
  "429s",
  "longest wait\nfor a reply",
];

/** The last word: what the ledgers of both sides say. */
export function tableOf(compared: readonly Compared[]): string {
  const table = new Table({
    head: head.map((name) => paint.bold(name)),
    colAligns: ["left", "left", ...head.slice(2).map(() => "right" as const)],
    // the library's own colours do not ask whether there is a terminal
    style: { head: [], border: [] },
  });
  for (const { title, plain, guarded } of compared) {
    table.push([{ content: title, rowSpan: 2 }, ...cells(plain, false)], cells(guarded, true));
  }
  return table.toString();
}

function cells({ intended, received, doubled, missing, floods, longestReplyMs }: Side, guarded: boolean) {
  const delay = longestReplyMs === undefined ? "–" : `${longestReplyMs.toLocaleString("en-US")} ms`;
  return [nameOf(guarded), `${intended}`, `${received}`, ...[doubled, missing, floods].map(trouble), delay];
}

/** Zero is what one wants to see. */
const trouble = (count: number): string => (count === 0 ? paint.green("0") : paint.red(`${count}`));
