import { createHash } from "node:crypto";
import type { RuleCharge, RuleParams } from "../store/port.js";

/** One Lua script: called by name and typed input, run by the hash of its text. */
export interface Script<Input> {
  readonly name: string;
  readonly source: string;
  readonly sha1: string;
  keys(input: Input): string[];
  args(input: Input): string[];
}

export function script<Input>(
  name: string,
  source: string,
  keys: (input: Input) => string[],
  args: (input: Input) => string[],
): Script<Input> {
  return { name, source, sha1: createHash("sha1").update(source).digest("hex"), keys, args };
}

/** Rules as the scripts read them, see lua/lib/charges.lua. */
export const chargesText = (charges: readonly RuleCharge[]): string => {
  let text = "";
  for (const charge of charges) text += text === "" ? chargeText(charge) : `,${chargeText(charge)}`;
  return `[${text}]`;
};

function chargeText({ params, cost, mode, priority, ceiling = 0 }: RuleCharge): string {
  return `[${limitText(params)},${cost},${mode === "debit" ? 1 : 0},${priority === "bulk" ? 1 : 0},${ceiling}]`;
}

function limitText(params: RuleParams): string {
  switch (params.kind) {
    case "bucket":
      return `"b",${params.capacity},${params.intervalUs},0`;
    case "window":
      return `"w",${params.limit},${params.periodUs},${params.marginUs}`;
    default:
      return '"g",0,0,0';
  }
}
