import { stopUntil } from "../limiter/frozen-clock.js";
import {
  freshRule,
  giveBack,
  markSending,
  markSettled,
  type Paid,
  pay,
  postpone,
  type RuleState,
  readyAt,
  turnOf,
} from "../limiter/rule-state.js";
import type { RuleCharge, RuleParams } from "../store/port.js";

/** One caller of a simulated fleet. */
export interface Caller {
  readonly at: number;
  readonly cost: number;
  /** How much later than told it wakes; half of it the next time, and so on. */
  readonly late: number;
  /** How long its request is open, and which part of that passes before Telegram counts it (0 to 1). */
  readonly open: number;
  readonly countedAfter: number;
  /** Gives its turn back instead of using it. */
  readonly aborts?: boolean;
}

export interface Flood {
  readonly at: number;
  readonly lasts: number;
}

/** What Telegram saw: one entry per message. */
export interface Seen {
  readonly sentAt: number;
  readonly countedAt: number;
  readonly cost: number;
}

/** Callers that pay one rule as stores and the guard do: ask, sleep, ask again, send, settle. */
export function simulate(
  params: RuleParams,
  callers: readonly Caller[],
  floods: readonly Flood[] = [],
): Seen[] {
  const state: RuleState = freshRule();
  const seen: Seen[] = [];
  const agenda: { at: number; order: number; run: (now: number) => void }[] = [];
  let orders = 0;
  const plan = (at: number, run: (now: number) => void) => agenda.push({ at, order: orders++, run });

  const send = (caller: Caller, charge: RuleCharge, paid: Paid, now: number) => {
    markSending(charge, state, paid, now);
    const countedAt = now + Math.floor(caller.open * caller.countedAfter);
    seen.push({ sentAt: now, countedAt, cost: caller.cost });
    plan(now + caller.open, (later) => markSettled(charge, state, paid, later));
  };

  const wake = (caller: Caller, charge: RuleCharge, paid: Paid, late: number) => (now: number) => {
    if (caller.aborts) return giveBack(charge, state, paid);
    const at = readyAt(charge, state, paid, now);
    if (at <= now) return send(caller, charge, paid, now);
    postpone(charge, state, paid, at);
    plan(at + late, wake(caller, charge, paid, late >> 1));
  };

  for (const caller of callers) {
    const charge: RuleCharge = { name: "rule", key: "rule", params, cost: caller.cost, mode: "wait" };
    plan(caller.at, (now) => {
      const turn = turnOf(charge, state, now);
      const paid = pay(charge, state, now);
      if (turn <= now) send(caller, charge, paid, now);
      else plan(turn + caller.late, wake(caller, charge, paid, caller.late >> 1));
    });
  }
  for (const { at, lasts } of floods) plan(at, (now) => stopUntil(state, now, now + lasts));

  while (agenda.length > 0) {
    agenda.sort((one, other) => one.at - other.at || one.order - other.order);
    const { at, run } = agenda.shift()!;
    run(at);
  }
  return seen;
}
