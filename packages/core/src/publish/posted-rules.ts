import { defaults, type presets as knownPresets, presets } from "../defaults.js";
import { planCharges } from "../limiter/plan.js";
import { compileRule, type Rule, type RuleName, ruleNames } from "../limiter/rules.js";
import type { RuleCharge, RuleParams } from "../store/port.js";

/** The rules of a bot as a guard has posted them, so that an operator's tool reads the same buckets. */
export interface PostedRules {
  readonly rules: Readonly<Partial<Record<RuleName, RuleParams>>>;
  /** How far rates may rise, in parts per million; 0: they stay. */
  readonly ceiling: number;
}

/** Rules as text. */
export const rulesToText = (posted: PostedRules): string => JSON.stringify(posted);

/** Rules from a text; undefined where it is none of ours. */
export function rulesFromText(text: string | null | undefined): PostedRules | undefined {
  try {
    const posted = JSON.parse(text ?? "") as Partial<PostedRules> | null;
    if (typeof posted?.rules !== "object" || posted.rules === null) return undefined;
    return { rules: posted.rules, ceiling: Number(posted.ceiling ?? 0) };
  } catch {
    return undefined;
  }
}

/** The rules of a preset, as a guard without options of its own has them. */
export function rulesOfPreset(preset: keyof typeof knownPresets): PostedRules {
  const rules: Partial<Record<RuleName, RuleParams>> = {};
  const chosen: { readonly [Name in RuleName]?: Rule } = presets[preset];
  for (const name of ruleNames) {
    const rule = chosen[name];
    if (rule) rules[name] = compileRule(rule, defaults.marginMs);
  }
  return { rules, ceiling: defaults.flood.adaptive ? 1_000_000 : 0 };
}

/** What an ordinary message to `chat` pays; without one, the rules of the whole bot. To read rules, not to pay them. */
export function chargesToRead({ rules, ceiling }: PostedRules, chat?: string): readonly RuleCharge[] {
  const facts = { method: "sendMessage", cost: 1, soft: false, ceiling } as const;
  if (chat !== undefined)
    return planCharges(rules, { ...facts, payload: { chat_id: chat }, priority: "normal" });
  const bulk = planCharges(rules, { ...facts, payload: {}, priority: "bulk" });
  const paid = planCharges(rules, { ...facts, payload: { allow_paid_broadcast: true }, priority: "normal" });
  const botWide = [...bulk, ...paid].filter(({ name }) => name !== "method");
  return botWide.map((charge) => ({ ...charge, priority: "normal" }));
}
