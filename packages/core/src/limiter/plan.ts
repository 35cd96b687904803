import type { Payload } from "../call.js";
import type { Priority } from "../delivery-options.js";
import { hashOf } from "../fingerprint/hash.js";
import { isPaidBroadcast } from "../methods.js";
import type { GateParams, RuleCharge, RuleParams } from "../store/port.js";
import type { RuleName } from "./rules.js";

/** What decides which rules a call pays. */
export interface PlanFacts {
  readonly method: string;
  readonly payload: Payload;
  readonly cost: number;
  readonly priority: Priority;
  /** Private-chat and bot-wide rules are paid without waiting. */
  readonly soft: boolean;
  /** Who sent the update that this answers, or else causes it, if any. */
  readonly userId?: number | string | undefined;
  /** How far rates may rise, in parts per million of what the rules say; 0: they stay. */
  readonly ceiling?: number;
}

type Rules = Readonly<Partial<Record<RuleName, RuleParams>>>;

const gate: GateParams = Object.freeze({ kind: "gate" });

/**
 * The rules that a message pays, narrow to wide: user → chat or group → bulk → bot (or the paid broadcast
 * quota, which stands in for the last two). Where a limit is off, its place still carries freezes.
 */
export function planCharges(rules: Rules, facts: PlanFacts): RuleCharge[] {
  const { payload, cost, soft, ceiling = 0 } = facts;
  const isBulk = facts.priority === "bulk";
  const plan: RuleCharge[] = [];
  const add = (name: RuleName, key: string, mode: RuleCharge["mode"]) => {
    // What bulk yields is the bot's rule: in a chat it is one message among others.
    const priority = isBulk && (name === "global" || name === "paid") ? "bulk" : "normal";
    plan.push({ name, key, params: rules[name] ?? gate, cost, mode, priority, ceiling });
  };

  const chat = chatOf(payload);
  const user = facts.userId ?? (isPrivate(chat) ? chat : undefined);
  if (rules.user && user !== undefined) add("user", `user:${user}`, "wait");
  if (chat !== undefined) {
    const name = isPrivate(chat) ? "chat" : "group";
    add(name, `chat:${chat}`, soft && name === "chat" ? "debit" : "wait");
  } else {
    plan.push(methodGate(facts.method));
  }
  const bot = soft ? "debit" : "wait";
  if (isPaidBroadcast(payload)) {
    add("paid", "paid", bot);
    return plan;
  }
  if (rules.bulk && isBulk) add("bulk", "bulk", bot);
  add("global", "global", bot);
  return plan;
}

/** What an edit, a delete or a chat action must wait for: floods, and nothing else. */
export function planGates(method: string, payload: Payload): RuleCharge[] {
  const chat = chatOf({ ...payload, user_id: undefined });
  const narrow =
    chat === undefined ? methodGate(method) : gateOf(isPrivate(chat) ? "chat" : "group", `chat:${chat}`);
  return [narrow, gateOf("global", "global")];
}

/** Calls that name no chat (inline edits, sticker sets, stories) are flooded by method; hours are not rare there. */
const methodGate = (method: string): RuleCharge => gateOf("method", `method:${method}`);

const gateOf = (name: string, key: string): RuleCharge => ({
  name,
  key,
  params: gate,
  cost: 1,
  mode: "wait",
});

/** Index of the rule that a 429 stops: the chat's, or the method's where the call names no chat. */
export function floodedRule(plan: readonly RuleCharge[]): number {
  return plan.findIndex(({ name }) => name === "chat" || name === "group" || name === "method");
}

/**
 * Whom a call is for, as one string: the chat (a business connection's chats are their own), else the user.
 * Numbers and their decimal strings are the same chat; `@Name` is lower-cased. Forum topics share their chat. It
 * stands in keys and events, so what is neither an id nor a username (a text in the wrong field, say) is hashed.
 */
export function chatOf(payload: Payload): string | undefined {
  const target = payload.chat_id ?? payload.user_id;
  if (typeof target !== "number" && typeof target !== "string") return undefined;
  const id = String(target).trim();
  const chat = plainly(id.startsWith("@") ? id.toLowerCase() : id, ordinaryChat);
  const connection = payload.business_connection_id;
  return typeof connection === "string" && connection !== ""
    ? `${plainly(connection, ordinaryConnection)}/${chat}`
    : chat;
}

const ordinaryChat = /^(-?\d{1,20}|@\w{1,64})?$/;
const ordinaryConnection = /^[\w-]{1,128}$/;

/** `#` and a hash for what is not ordinary: it can be of any length, and hold anything. */
const plainly = (name: string, ordinary: RegExp): string =>
  ordinary.test(name) ? name : `#${hashOf(undefined, name)}`;

/** Private chats have positive ids; groups, supergroups and channels negative ones or an @name. */
function isPrivate(chat: string | undefined): boolean {
  if (chat === undefined) return false;
  const id = chat.slice(chat.indexOf("/") + 1);
  return id.charCodeAt(0) >= 48 && id.charCodeAt(0) <= 57;
}
