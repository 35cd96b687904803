import type { Settlement } from "../../packages/core/src/store/port.js";

/** What a run may ask of the store. */
export type Command =
  | { readonly verb: "admit"; readonly attempt: number }
  | { readonly verb: "renew"; readonly attempt: number }
  | { readonly verb: "freeze"; readonly attempt: number }
  | { readonly verb: "settle"; readonly attempt: number; readonly as: Settlement };

const plain = ["admit", "renew", "freeze"] as const;
const settlements: readonly Settlement[] = ["done", "free", "unsent", "ambiguous"];
const perAttempt = plain.length + settlements.length;

/** A set of commands, as bits. */
export type Commands = number;

export const only = (command: Command): Commands =>
  1 << ((command.attempt - 1) * perAttempt + which(command));

const which = (command: Command): number =>
  command.verb === "settle" ? plain.length + settlements.indexOf(command.as) : plain.indexOf(command.verb);

const everyAdmit: Commands = [1, 2, 3].reduce((all, attempt) => all | only({ verb: "admit", attempt }), 0);

export const withoutAdmits = (commands: Commands): Commands => commands & ~everyAdmit;

export function* commandsIn(commands: Commands): Generator<Command> {
  for (let i = 0; commands >> i; i++) {
    if (!((commands >> i) & 1)) continue;
    const attempt = Math.floor(i / perAttempt) + 1;
    const verb = plain[i % perAttempt];
    yield verb
      ? { verb, attempt }
      : { verb: "settle", attempt, as: settlements[(i % perAttempt) - plain.length]! };
  }
}

export const describe = (command: Command): string =>
  `${command.verb}(${command.attempt}${command.verb === "settle" ? `, ${command.as}` : ""})`;
