import { defaults, originalRules } from "../defaults.js";
import { ConfigurationError } from "../errors.js";
import { chatOf } from "../limiter/plan.js";
import { compileRule, isRule, type Rule, type RuleName, tokenBucket, window } from "../limiter/rules.js";
import type { Settings } from "../options.js";
import type { RuleCharge, RuleParams } from "../store/port.js";
import { describe } from "../validate.js";

/**
 * The limits that a bot has anyway, by type.
 * - `CHAT`: messages to one chat; the id of a group has the group's limit
 * - `GLOBAL`: messages of the whole bot
 * - `USER`: what one user may cause
 */
export const RateLimitType = Object.freeze({ CHAT: "CHAT", GLOBAL: "GLOBAL", USER: "USER" } as const);

/** See {@link RateLimitType}. */
export type RateLimitType = keyof typeof RateLimitType;

/** Whose limit: a chat, a user, an API key … The number 42 and the text "42" are the same. */
export type LimitedId = string | number;

/** A group, a supergroup or a channel, also through a business connection. */
const groupId = /^(.*\/)?(-\d+|@\w+)$/;

/**
 * The rule that an id pays. By type, it is the very rule that the guard makes its own calls pay, under the
 * same key: tokens taken by hand and messages sent by the bot count together. A rule of one's own has keys of
 * its own, with its numbers in them: two rules for one id never meet in one bucket.
 */
export function limitOf(
  id: LimitedId,
  typeOrRule: RateLimitType | Rule,
  { rules, namespace }: { rules: Settings["rules"]; namespace: string },
): Pick<RuleCharge, "name" | "key" | "params"> {
  const whose = nameOf(id);
  if (isRule(typeOrRule)) return ownLimit(whose, typeOrRule);
  const named = (name: RuleName & keyof typeof originalRules, key: string) => ({
    name,
    key,
    params: rules[name] ?? compileRule(originalRules[name], defaults.marginMs),
  });
  switch (typeOrRule) {
    case "CHAT":
      return named(groupId.test(whose) ? "group" : "chat", `chat:${whose}`);
    case "USER":
      return named("user", `user:${whose}`);
    case "GLOBAL":
      return named("global", isWholeBot(id, namespace) ? "global" : `global:${whose}`);
    default:
      throw new ConfigurationError(
        `the limit must be "CHAT", "GLOBAL" or "USER" (RateLimitType), tokenBucket({ … }) or window({ … }); got ${describe(typeOrRule)}`,
      );
  }
}

function ownLimit(whose: string, given: Rule): Pick<RuleCharge, "name" | "key" | "params"> {
  const rule = given.kind === "window" ? window(given) : tokenBucket(given);
  const params = compileRule(rule, defaults.marginMs);
  return { name: "own", key: `own:${numbersOf(params)}:${whose}`, params };
}

function numbersOf(params: RuleParams): string {
  if (params.kind === "bucket") return `b${params.capacity}/${params.intervalUs}`;
  return params.kind === "window" ? `w${params.limit}/${params.periodUs}` : params.kind;
}

const isWholeBot = (id: LimitedId, namespace: string): boolean =>
  ["global", namespace].includes(String(id).trim());

/** As the guard writes chats: trimmed, @names in lower case, and hashed where it is neither an id nor a username. */
function nameOf(id: LimitedId): string {
  const usable = typeof id === "string" || Number.isSafeInteger(id);
  const name = usable ? chatOf({ chat_id: id }) : undefined;
  if (name) return name;
  throw new ConfigurationError(
    `id must be a non-empty string or a whole number that says whose limit it is; got ${describe(id)}`,
  );
}
