import { defaults, presets } from "../defaults.js";
import { ConfigurationError } from "../errors.js";
import {
  compileRule,
  isRule,
  type Rule,
  type RuleName,
  ruleNames,
  tokenBucket,
  window,
} from "../limiter/rules.js";
import type { GuardOptions, LimitRules, Settings } from "../options.js";
import type { RuleParams } from "../store/port.js";
import { describe, knownNames, oneOf } from "../validate.js";

/**
 * Checks the option `limits` and puts it into the integers that stores compute with.
 * @throws ConfigurationError naming the option and the remedy
 */
export function resolveLimits(limits: GuardOptions["limits"] = "conservative"): Settings["rules"] {
  if (limits === false) return Object.freeze({});
  if (typeof limits === "string") oneOf("`limits`", limits, Object.keys(presets));
  else knownNames("`limits`", limits, ruleNames);
  const preset: LimitRules = typeof limits === "string" ? presets[limits] : presets.conservative;
  const rules: LimitRules = typeof limits === "string" ? preset : { ...preset, ...limits };
  const compiled: Partial<Record<RuleName, RuleParams>> = {};
  for (const name of ruleNames) {
    const rule = rules[name];
    if (rule) compiled[name] = compileRule(checkedRule(name, rule), defaults.marginMs);
  }
  return Object.freeze(compiled);
}

/** A rule written by hand as a plain object gets the same checks as one made by `tokenBucket` or `window`. */
function checkedRule(name: string, rule: Rule): Rule {
  if (!isRule(rule)) {
    throw new ConfigurationError(
      `\`limits.${name}\` must be tokenBucket({ capacity, refillPerSecond }), window({ limit, perMs }) or false; got ${describe(rule)}`,
    );
  }
  return rule.kind === "window" ? window(rule) : tokenBucket(rule);
}
