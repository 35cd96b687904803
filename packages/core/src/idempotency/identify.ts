import type { Call, KeyScope } from "../call.js";
import type { DeliveryOptions, OnMismatch } from "../delivery-options.js";
import { ConfigurationError } from "../errors.js";
import { type Fingerprint, fingerprint, hashOf } from "../fingerprint/index.js";
import { chatOf } from "../limiter/plan.js";
import type { DeliveryScope, UpdateScope } from "../scope.js";
import { givenKeyId } from "./given-key.js";

/** What a call's idempotency key is made of. */
export interface KeyFacts {
  readonly call: Call;
  readonly options: DeliveryOptions;
  readonly update: UpdateScope | undefined;
  readonly delivery: DeliveryScope | undefined;
  readonly match: "content" | "position";
  readonly onMismatch: OnMismatch;
  /** First writes, all read. */
  readonly secrets: readonly (string | undefined)[];
}

/** Which record a call belongs to. */
export interface Identity {
  readonly scope: KeyScope;
  /** Record id under the first secret; undefined: the call is not deduplicated. */
  readonly id: string | undefined;
  /** Record ids under the older secrets. */
  readonly aliases: readonly string[];
  /** Content to compare, where the key does not already hold it. */
  readonly content: string | undefined;
  /** Tells the scope how the call ended. */
  end(ok: boolean): void;
}

const noEnd = () => {};

/** Finds the record of a call. Reads files where the content is on disk; never changes the payload. */
export function identify(facts: KeyFacts): Identity | Promise<Identity> {
  const prints = facts.secrets.map((secret) => fingerprint(facts.call, secret));
  if (prints.every((print): print is Fingerprint => !(print instanceof Promise)))
    return keyFor(facts, prints);
  return Promise.all(prints).then((ready) => keyFor(facts, ready));
}

function keyFor(facts: KeyFacts, prints: readonly Fingerprint[]): Identity {
  const contents = prints.map(({ content }) => content);
  const { key } = facts.options;
  if (key !== undefined) return givenKey(facts, key, contents);
  const place = facts.delivery ?? facts.update;
  if (place !== undefined) return scopedKey(facts, place, contents);
  if (contents[0] === undefined) return unguarded;
  const [id, ...aliases] = contents.map((content) => `c${content}`);
  return { scope: "content", id, aliases, content: undefined, end: noEnd };
}

/** A call that is not deduplicated: a stream outside a scope, or a method that the options exclude. */
export const unguarded: Identity = Object.freeze({
  scope: "none",
  id: undefined,
  aliases: [],
  content: undefined,
  end: noEnd,
});

function givenKey(facts: KeyFacts, key: string, contents: readonly (string | undefined)[]): Identity {
  const { call, secrets, onMismatch } = facts;
  const chat = chatOf(call.payload) ?? "";
  const also = (i: number) => (onMismatch === "send" ? (contents[i] ?? "") : "");
  const [id, ...aliases] = secrets.map((secret, i) => givenKeyId(secret, chat, key, also(i)));
  return {
    scope: "key",
    id,
    aliases,
    content: onMismatch === "error" ? contents[0] : undefined,
    end: noEnd,
  };
}

function scopedKey(
  facts: KeyFacts,
  place: UpdateScope | DeliveryScope,
  contents: readonly (string | undefined)[],
): Identity {
  const { call, secrets } = facts;
  const byPosition = contents[0] === undefined || (place.kind === "update" && facts.match === "position");
  const what = byPosition ? `${call.method}\n${chatOf(call.payload) ?? ""}` : contents[0]!;
  const counter = byPosition ? place.positions : place.repeats;
  const number = counter.take(what);
  if (byPosition && counter.flying(what) > 1) {
    counter.end(what, number, false);
    if (facts.match === "content") return unguarded;
    throw new ConfigurationError(
      `two ${call.method} calls to one chat are in flight in one update, and idempotency.match "position" can not tell which is which: await the first, or give each its own key: delivery({ key })`,
    );
  }
  const where = place.kind === "update" ? ["u", place.bot, String(place.updateId)] : ["d", place.key];
  const [id, ...aliases] = secrets.map((secret, i) => {
    const content = byPosition ? what : contents[i]!;
    return `${where[0]}${hashOf(secret, ...where, byPosition ? "position" : "content", content, String(number))}`;
  });
  return {
    scope: place.kind,
    id,
    aliases,
    content: undefined,
    end: (ok) => counter.end(what, number, ok),
  };
}
