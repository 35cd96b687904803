import { createHash } from "node:crypto";
import type { RuleCharge } from "../store/port.js";

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

/** Rules as the scripts read them: eight fields each, see lua/lib/charge.lua. */
export function chargeFields(charges: readonly RuleCharge[]): string[] {
  return charges.flatMap(({ params, cost, mode, priority, ceiling = 0 }) => {
    const lane = priority === "bulk" ? "b" : "n";
    const tail = [String(cost), mode === "debit" ? "d" : "w", lane, String(ceiling)];
    switch (params.kind) {
      case "bucket":
        return ["b", String(params.capacity), String(params.intervalUs), "0", ...tail];
      case "window":
        return ["w", String(params.limit), String(params.periodUs), String(params.marginUs), ...tail];
      default:
        return ["g", "0", "0", "0", ...tail];
    }
  });
}
