import type { HeldRecord } from "../../packages/core/src/idempotency/record.js";
import { stateAt } from "../../packages/core/src/idempotency/record.js";
import { type Command, commandsIn, describe, withoutAdmits } from "./commands.js";
import {
  type Effect,
  isLeased,
  isLeaseOver,
  ModelStore,
  now,
  pastLease,
  whatRulesSay,
} from "./model-store.js";
import { type Ending, type Protocol, shipped } from "./protocol.js";
import {
  admitting,
  commandOf,
  ended,
  freezing,
  hasSaidAll,
  idle,
  isOver,
  mayAdmit,
  opened,
  type Run,
  settling,
} from "./run.js";
import type { Model } from "./search.js";

/**
 * One key, some runs that want to send it, Telegram, and a network that loses and repeats commands.
 *
 *   idle ─────── admit: go ──────▶ holding ─────▶ open ── 200, 400, nothing ──▶ settling ──▶ ended
 *     │ wait, busy   ▲                │             │
 *     ▼              │                │ lease over  │ 429
 *   waiting ─────────┘                ▼             ▼
 *     ▲                            settling      freezing
 *     ╰────────── attempt + 1 ────────┴─────────────╯
 *
 *   idle, waiting ── admit: answer lost ──▶ admitting ── sent again, or given up ──▶ settling ──▶ ended
 *   idle, waiting ── admit: done, ambiguous, refused ──▶ ended           anywhere ── crash ──▶ ended
 *
 * Each command is one atomic step of the store. Its answer may be lost: then it is sent again, or given up.
 * Each command ever sent may be executed once more, later, by a late copy: an admit until its deadline, the
 * others whenever they like. The lease of RESERVED and SENDING may end at any moment; a record may expire at any
 * moment after that; a run may sleep between any two of its steps. What the rules say to an admit is free.
 * A request that never reached Telegram is settled as one that was answered 400: the record sees no difference.
 */
export interface Bounds {
  /** Runs of the one key, each with its own owner token. */
  readonly runs: number;
  /** Sends per run: each 429 but the last is retried. */
  readonly attempts: number;
  /** Late copies executed, over all. */
  readonly lates: number;
  /** `onAmbiguous: "retry"`. */
  readonly takeAmbiguous?: boolean;
  /** Renewals come in time: no lease ends while its request is open. */
  readonly renewed?: boolean;
  /** Judge by these laws alone. */
  readonly laws?: readonly Law[];
  /** Do not excuse a record that a late copy of an admit wrote for a run that was past it. */
  readonly strict?: boolean;
}

/** The laws, in the words that the tests use. */
export const laws = {
  once: "at most once",
  alone: "never two at a time",
  honest: "nobody is told sent when nothing was",
  free: "what was certainly not sent is free again",
  reported: "a message that may be missing stays on record",
  idempotent: "a command run twice changes nothing more",
} as const;

export type Law = (typeof laws)[keyof typeof laws];

export interface State {
  readonly record: HeldRecord | undefined;
  readonly runs: readonly Run[];
  /** Messages that the person received; two stand for more. */
  readonly delivered: number;
  /** A record expired after the message went out, or while it was going out: the promise ends there. */
  readonly forgotten: "" | "sent" | "open";
  /** Late copies that may still arrive. */
  readonly lates: number;
}

type Emit = (label: string, next: State, broken?: Law) => void;
/** Where one run goes: what happens, the run after it, what else changes. */
type Go = (label: string, run: Run, more?: Partial<State>) => void;

/** The model of one key's life under a protocol. */
export function recordLife(bounds: Bounds, protocol: Protocol = shipped): Model<State> {
  return new RecordLife(bounds, protocol);
}

class RecordLife implements Model<State> {
  readonly initial: State;
  readonly #bounds: Bounds;
  readonly #protocol: Protocol;
  readonly #store: ModelStore;

  constructor(bounds: Bounds, protocol: Protocol) {
    this.#bounds = bounds;
    this.#protocol = protocol;
    this.#store = new ModelStore(protocol, bounds.takeAmbiguous ?? false);
    this.initial = {
      record: undefined,
      runs: Array.from({ length: bounds.runs }, () => idle),
      delivered: 0,
      forgotten: "",
      lates: bounds.lates,
    };
  }

  /** Runs are alike: their order is dropped, the record knows its owner by a mark. */
  key({ record, runs, delivered, forgotten, lates }: State): string {
    const names = runs.map((run, i) => {
      const mark = record?.owner === this.#protocol.ownerOf(i) ? "*" : "";
      const sent = lates === 0 ? "" : run.sent;
      const flags = delivered > 0 ? "" : `${run.gaveUp ? "g" : ""}${run.excused ? "x" : ""}`;
      const lease = run.lease?.[0] ?? "";
      return `${run.phase}${run.attempt}${run.as ?? ""}${run.again ? "+" : ""}${lease}.${sent}${flags}${run.orphan ? "o" : ""}${mark}`;
    });
    const held = record ? `${record.state}${record.attempt}${record.lease}` : "free";
    return `${held}|${names.sort().join()}|${delivered}${forgotten}${lates}`;
  }

  judge(state: State): Law | undefined {
    return this.#broken(state).find((law) => this.#holds(law));
  }

  #holds(law: Law): boolean {
    return this.#bounds.laws?.includes(law) ?? true;
  }

  #broken(state: State): Law[] {
    const { record, runs, delivered, forgotten } = state;
    const broken: Law[] = [];
    if (delivered > 1 && forgotten === "") broken.push(laws.once);
    if (forgotten !== "open" && runs.filter(({ phase }) => phase === "open").length > 1)
      broken.push(laws.alone);
    if (record?.state === "done" && delivered === 0) broken.push(laws.honest);
    if (!this.#bounds.takeAmbiguous && this.#losesTrack(state)) broken.push(laws.reported);
    if (this.#isStuck(state)) broken.push(laws.free);
    return broken;
  }

  /** Where the promise has ended, the search ends too. */
  steps(state: State, emit: Emit): void {
    if (state.forgotten === "open" || state.delivered > 1) return;
    state.runs.forEach((run, i) => {
      const go: Go = (label, next, more) => emit(`${nameOf(i)} ${label}`, put(state, i, next, more));
      this.#act(state, run, i, go, emit);
      if (run.phase !== "ended") this.#crash(state, run, i, go);
      if (state.lates > 0) this.#late(state, run, i, emit);
    });
    this.#time(state, emit);
  }

  /** What the run itself does next. */
  #act(state: State, run: Run, i: number, go: Go, emit: Emit): void {
    if (run.phase === "holding") this.#hold(run, go);
    if (run.phase === "open") this.#answer(state, run, go);
    if (run.phase === "waiting") go("is aborted while waiting", settling(run, "unsent"));
    if (mayAdmit(run)) go("gives up its admit", this.#givenUp(admitting(run)));
    const command = commandOf(run);
    if (command) this.#execute(state, i, mayAdmit(run) ? admitting(run) : run, command, emit);
  }

  /** Runs a command on the store: answered, or with the answer lost (it will be sent again, or given up). */
  #execute(state: State, i: number, run: Run, command: Command, emit: Emit): void {
    this.#effects(state, i, command, (effect, broken) => {
      const label = `${nameOf(i)} ${describe(command)}: ${effect.answer}`;
      const isLie = effect.answer === "done" && state.delivered === 0 && this.#holds(laws.honest);
      const written = { record: effect.record };
      const next = this.#answered(run, command, effect, effect.record === state.record);
      emit(label, put(state, i, next, written), broken ?? (isLie ? laws.honest : undefined));
      if (effect.record !== state.record) emit(`${label}, answer lost`, put(state, i, run, written), broken);
    });
  }

  #answered(run: Run, { verb }: Command, effect: Effect, wasThere: boolean): Run {
    if (verb === "admit") return this.#admitted(run, effect, wasThere);
    if (verb === "renew") return run;
    if (verb === "settle") return this.#settled(run);
    return effect.answer === "lost" ? ended(run) : this.#thawing(run);
  }

  /** Every effect that a command may have, each also tried twice. */
  #effects(
    state: State,
    i: number,
    command: Command,
    found: (effect: Effect, broken: Law | undefined) => void,
  ): void {
    const owner = this.#protocol.ownerOf(i);
    const chooses = command.verb === "admit" && this.#store.pays(state.record, owner, command.attempt);
    for (const say of chooses ? whatRulesSay : whatRulesSay.slice(0, 1)) {
      const effect = this.#store.execute(state.record, owner, command, say);
      const again = this.#store.execute(effect.record, owner, command, say);
      const isOnce = again.record === effect.record || !this.#holds(laws.idempotent);
      found(effect, isOnce ? undefined : laws.idempotent);
    }
  }

  #admitted(run: Run, { answer }: Effect, wasThere: boolean): Run {
    switch (answer) {
      case "go":
        return {
          ...run,
          phase: "holding",
          lease: wasThere && !this.#protocol.knowsItsLease ? "miscounted" : "alive",
        };
      case "wait":
      case "busy":
        return { ...run, phase: "waiting" };
      case "ambiguous":
        return this.#protocol.takesBackOnAmbiguous ? settling(run, "unsent") : ended(run);
      default:
        return ended(run);
    }
  }

  /** With a deadline, giving up waits for it: after that no copy of the admit does anything. */
  #givenUp(run: Run): Run {
    const { admitHasDeadline, takesBackOnGivingUp } = this.#protocol;
    const left = admitHasDeadline ? { ...run, sent: withoutAdmits(run.sent) } : { ...run, gaveUp: true };
    return takesBackOnGivingUp ? settling(left, "unsent") : ended(left);
  }

  #hold(run: Run, go: Go): void {
    if (!this.#protocol.checksLease || run.lease !== "over") go("sends", opened(run));
    go("is aborted before it sends", settling(run, "unsent"));
    const isLast = run.attempt >= this.#bounds.attempts && this.#protocol.claimsAgainAt === "next attempt";
    if (run.lease === "over" && !isLast)
      go("finds its lease over", { ...settling(run, "unsent"), again: true });
  }

  /** The request ends, as seen from here and by Telegram. */
  #answer(state: State, run: Run, go: Go): void {
    const received = { delivered: Math.min(2, state.delivered + 1) };
    const ends = (ending: Exclude<Ending, "flood">): Run => ({
      ...settling(run, this.#protocol.settles(ending)),
      excused: run.excused || ending === "unknown",
    });
    go("is answered 200", ends("ok"), received);
    go("hears nothing, it was delivered", ends("unknown"), received);
    go("hears nothing, it was not delivered", ends("unknown"));
    go("is answered 400", ends("rejected"));
    if (run.attempt >= this.#bounds.attempts) return;
    go(
      "is answered 429",
      this.#protocol.onFlood === "freeze" ? freezing(run) : { ...settling(run, "free"), again: true },
    );
  }

  /** After a freeze: back in line at the next attempt. */
  #thawing(run: Run): Run {
    const attempt = run.attempt + 1;
    if (this.#protocol.admitsAfterFreeze) return { ...run, phase: "waiting", attempt };
    return { ...run, phase: "holding", lease: "alive", attempt };
  }

  /** The run has said its last word, or claims again. */
  #settled(run: Run): Run {
    if (!run.again) return ended(run);
    const step = run.as === "unsent" && this.#protocol.claimsAgainAt === "same attempt" ? 0 : 1;
    return { ...run, phase: "waiting", attempt: run.attempt + step, as: undefined, again: undefined };
  }

  /** The process dies (or gives up its last command, which looks the same). What it sent lives on in the network. */
  #crash(state: State, run: Run, i: number, go: Go): void {
    const { phase } = run;
    const label = `crashes while ${phase}`;
    if (phase === "idle") {
      go("crashes with its admit on the way", ended(admitting(run), { excused: true }));
    } else if (phase === "open") {
      const dead = ended(run, { excused: true, orphan: true });
      go(`${label}, it was delivered`, dead, { delivered: Math.min(2, state.delivered + 1) });
      go(`${label}, it was not delivered`, dead);
    } else {
      const isReserved = phase === "waiting" && !this.#owns(state, i, "sending");
      go(label, ended(run, { excused: run.excused || !isReserved }));
    }
  }

  /** A copy of an old command arrives; nobody waits for its answer. */
  #late(state: State, run: Run, i: number, emit: Emit): void {
    for (const command of commandsIn(run.sent)) {
      const isPast = command.verb === "admit" && (hasSaidAll(run) || command.attempt < run.attempt);
      const excused = run.excused || (isPast && !run.gaveUp && !this.#bounds.strict);
      this.#effects(state, i, command, (effect, broken) => {
        if (effect.record === state.record) return;
        const more = { record: effect.record, lates: state.lates - 1 };
        const label = `late copy of ${nameOf(i)} ${describe(command)}: ${effect.answer}`;
        emit(label, put(state, i, { ...run, excused }, more), broken);
      });
    }
  }

  /** Leases end; after that records expire. */
  #time(state: State, emit: Emit): void {
    const { record } = state;
    if (!record) return;
    const isHeld = isLeased(record) && !isLeaseOver(record);
    if (isHeld && !this.#isRenewed(state)) {
      const runs = state.runs.map((run, i) => this.#outlived(run, i, record));
      emit("the lease is over", { ...state, record: pastLease(record), runs });
    }
    if (!isHeld || !this.#protocol.keepsLeased) emit("the record expires", forget(state));
  }

  #isRenewed(state: State): boolean {
    if (!this.#bounds.renewed) return false;
    return state.runs.some(({ phase }, i) => phase === "open" && this.#owns(state, i, "sending"));
  }

  /** When a lease is over, its own run knows. */
  #outlived(run: Run, i: number, { owner, attempt }: HeldRecord): Run {
    const isIts = owner === this.#protocol.ownerOf(i) && attempt === run.attempt;
    return isIts && run.lease === "alive" ? { ...run, lease: "over" } : run;
  }

  #owns({ record }: State, i: number, state: HeldRecord["state"]): boolean {
    return record?.owner === this.#protocol.ownerOf(i) && record.state === state;
  }

  /** A request went out with its process, and the record does not say so. */
  #losesTrack({ record, runs, delivered }: State): boolean {
    return runs.some((run, i) => {
      if (!run.orphan) return false;
      if (!record || record.owner !== this.#protocol.ownerOf(i)) return true;
      const reads = stateAt(record, now);
      return reads === "reserved" || (reads === "done" && delivered === 0);
    });
  }

  /** All runs are over, nothing excuses the record's owner, and yet a new run could not claim it. */
  #isStuck({ record, runs, delivered }: State): boolean {
    if (!record || delivered > 0 || !runs.every(isOver)) return false;
    const owners = runs.filter((_, i) => this.#protocol.ownerOf(i) === record.owner);
    if (owners.some(({ excused }) => excused)) return false;
    return !this.#store.pays(pastLease(record), "a new run", 1);
  }
}

const nameOf = (i: number): string => String.fromCharCode(65 + i);

const put = (state: State, i: number, run: Run, more?: Partial<State>): State => ({
  ...state,
  runs: state.runs.with(i, run),
  ...more,
});

/** The promise does not go beyond a record that expires after the message went out, or while it does. */
function forget(state: State): State {
  const isOut = state.runs.some(({ phase }) => phase === "open");
  const forgotten = isOut ? "open" : state.delivered > 0 ? "sent" : "";
  const runs = state.runs.map((run) => (run.orphan ? { ...run, orphan: false } : run));
  return { ...state, record: undefined, forgotten, runs };
}
