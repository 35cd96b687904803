import { ordinaryPayment } from "../limiter/ordinary.js";
import { atWork, freshRule, type Paid, type RuleState, restsAt } from "../limiter/rule-state.js";
import { BoundedMap, keyOf } from "./bounded-map.js";
import type { RuleCharge } from "./port.js";

/** One step of what becomes of a payment. */
type Step = (charge: RuleCharge, rule: RuleState, paid: Paid, now: number) => void;

/** The rules of every bot that are not at rest: those that are have no state. */
export class RuleTable {
  readonly #states = new BoundedMap<RuleState>({
    limit: Number.POSITIVE_INFINITY,
    isExpired: (rule, now) => restsAt(rule) <= now,
    mayDrop: () => false,
  });

  get size(): number {
    return this.#states.size;
  }

  /** A rule as it is, full where nothing is kept of it. */
  at(bot: string, charge: RuleCharge, now: number): RuleState {
    return atWork(this.#states.get(keyOf(bot, charge.key)), now) ?? freshRule();
  }

  /** Changes a rule. The write comes last, because it may drop entries that rest. */
  change(bot: string, charge: RuleCharge, now: number, change: (rule: RuleState) => void): void {
    const key = keyOf(bot, charge.key);
    const found = this.#states.get(key);
    const rule = atWork(found, now) ?? freshRule();
    change(rule);
    if (restsAt(rule) <= now) this.#states.delete(key);
    else if (rule !== found) this.#states.set(key, rule, now);
  }

  /** Pays all rules if each of them can be paid now without further ado; else does nothing and answers undefined. */
  payAtOnce(bot: string, rules: readonly RuleCharge[], now: number): Paid[] | undefined {
    const keys: string[] = [];
    const found: (RuleState | undefined)[] = [];
    const paid: Paid[] = [];
    for (const charge of rules) {
      const key = keyOf(bot, charge.key);
      const rule = this.#states.get(key);
      const payment = ordinaryPayment(charge, rule, now);
      if (payment === undefined || keys.includes(key)) return undefined;
      keys.push(key);
      found.push(rule);
      paid.push(payment);
    }
    for (let i = 0; i < keys.length; i++) this.#fill(keys[i]!, found[i], paid[i]!, now);
    return paid;
  }

  /** A bucket as it stands after its payment; gates stay as they are. */
  #fill(key: string, found: RuleState | undefined, { full }: Paid, now: number): void {
    if (full <= now) return;
    const rule = atWork(found, now) ?? freshRule();
    rule.full = full;
    if (rule !== found) this.#states.set(key, rule, now);
  }

  each(
    { bot, rules }: { bot: string; rules: readonly RuleCharge[] },
    paid: readonly Paid[],
    now: number,
    step: Step,
  ): void {
    paid.forEach((item, i) => {
      this.change(bot, rules[i]!, now, (rule) => step(rules[i]!, rule, item, now));
    });
  }

  delete(bot: string, key: string): boolean {
    return this.#states.delete(keyOf(bot, key));
  }

  sweep(now: number): number {
    return this.#states.sweep(now);
  }
}
