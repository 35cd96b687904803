import type { Asker, HeldRecord } from "../../packages/core/src/idempotency/record.js";
import type { Admission, Claim, Settlement } from "../../packages/core/src/store/port.js";
import type { Command } from "./commands.js";
import type { Protocol } from "./protocol.js";

/** Time in the model: a lease is either alive or over; what must be forgotten is taken away. */
export const now = 1;
const alive = 2;
const over = 0;
const kept = 3;

/** What the rules say when a call pays them: the model lets each of them happen. */
export type RulesSay = "go" | "wait" | "refused";
export const whatRulesSay: readonly RulesSay[] = ["wait", "go", "refused"];

/** What an admit is answered, without its numbers. */
export type AdmitAnswer = Admission["status"];

export interface Effect {
  readonly record: HeldRecord | undefined;
  readonly answer: AdmitAnswer | "written" | "refused" | "lost";
}

const interned = new Map<string, HeldRecord>();

/** One record object per state, so that equal states are cheap to compare. */
function recordOf(state: HeldRecord["state"], { owner, attempt }: Asker, lease: number): HeldRecord {
  const name = `${state}${owner}${attempt}${lease}`;
  const known = interned.get(name);
  if (known) return known;
  const record: HeldRecord = Object.freeze({
    state,
    owner,
    attempt,
    lease,
    expires: kept,
    stage: 0,
    paid: [],
    content: undefined,
    result: undefined,
  });
  interned.set(name, record);
  return record;
}

export const isLeaseOver = (record: HeldRecord): boolean => record.lease <= now;

/** RESERVED and SENDING live under a lease. */
export const isLeased = (record: HeldRecord): boolean =>
  record.state === "reserved" || record.state === "sending";

/** The same record when its lease is over. */
export const pastLease = (record: HeldRecord): HeldRecord => recordOf(record.state, record, over);

/** One record and the verbs that write it, as the stores do: the decisions are the protocol's, the rules are free. */
export class ModelStore {
  readonly #protocol: Protocol;
  readonly #claim: Claim;

  constructor(protocol: Protocol, takeAmbiguous: boolean) {
    this.#protocol = protocol;
    this.#claim = { id: "key", mode: "send", takeAmbiguous };
  }

  /** Runs one command. `say` is what the rules tell an admit that comes as far as paying them. */
  execute(record: HeldRecord | undefined, owner: string, command: Command, say: RulesSay): Effect {
    const asker = { owner, attempt: command.attempt };
    switch (command.verb) {
      case "admit":
        return this.#admit(record, asker, say);
      case "renew":
        return this.#renew(record, asker);
      case "freeze":
        return this.#freeze(record, asker);
      case "settle":
        return this.#settle(record, asker, command.as);
    }
  }

  /** Does an admit come as far as paying the rules? */
  pays(record: HeldRecord | undefined, owner: string, attempt: number): boolean {
    const meeting = this.#protocol.meet(record, this.#claim, { owner, attempt }, now);
    return meeting === "claim" || meeting === "resume";
  }

  #admit(record: HeldRecord | undefined, asker: Asker, say: RulesSay): Effect {
    const meeting = this.#protocol.meet(record, this.#claim, asker, now);
    if (meeting === "go" || meeting === "done" || meeting === "ambiguous" || meeting === "mismatch")
      return { record, answer: meeting };
    if (meeting === "reserved-by-other" || meeting === "sending-by-other") return { record, answer: "busy" };
    if (say === "refused") return { record: meeting === "resume" ? undefined : record, answer: "refused" };
    if (say === "wait") return { record: recordOf("reserved", asker, alive), answer: "wait" };
    return { record: recordOf(this.#protocol.writesOnGo, asker, alive), answer: "go" };
  }

  #renew(record: HeldRecord | undefined, asker: Asker): Effect {
    if (record === undefined && this.#protocol.renewsMissing)
      return { record: recordOf("sending", asker, alive), answer: "written" };
    if (!this.#protocol.mayRenew(record, asker, now) || !record) return { record, answer: "lost" };
    return { record: recordOf(record.state, record, alive), answer: "written" };
  }

  #freeze(record: HeldRecord | undefined, asker: Asker): Effect {
    const meeting = this.#protocol.meetFreeze(record, asker);
    if (meeting !== "freeze" || !record) return { record, answer: meeting === "repeat" ? "written" : "lost" };
    const next = { owner: record.owner, attempt: record.attempt + 1 };
    return { record: recordOf("reserved", next, alive), answer: "written" };
  }

  #settle(record: HeldRecord | undefined, asker: Asker, as: Settlement): Effect {
    if (!this.#protocol.maySettle(record, asker, as) || !record) return { record, answer: "lost" };
    if (as === "free" || as === "unsent") return { record: undefined, answer: "written" };
    return { record: recordOf(as, record, over), answer: "written" };
  }
}
