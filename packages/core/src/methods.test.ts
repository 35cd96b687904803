import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  costOf,
  createMethods,
  failsInParts,
  methodClass,
  methodTable,
  type ResultShape,
  resultShape,
  spendsStars,
} from "./methods.js";

/** Every method that a framework's types declare, with what it returns. */
function declaredMethods(types: string): Map<string, string> {
  const path = createRequire(import.meta.url).resolve(`${types}/methods.d.ts`);
  const source = readFileSync(path, "utf8");
  const start = source.indexOf("export type ApiMethods");
  const body = source.slice(start, source.indexOf("\n};", start));
  const method = /^ {4}(\w+)\((?:args?\??: \{[\s\S]*?^ {4}\})?\): ([^;]+);/gm;
  const found = new Map([...body.matchAll(method)].map((match) => [match[1]!, match[2]!]));
  expect(found.size).toBe([...body.matchAll(/^ {4}\w+\(/gm)].length);
  return found;
}

function declaredShape(type: string): ResultShape {
  if (/\|\s*true$/.test(type)) return "other";
  if (/^Message(\.\w+)?$/.test(type)) return "message";
  if (/^(Message\[\]|Array<Message\.[\s\S]*>)$/.test(type)) return "messages";
  if (type === "MessageId") return "message_id";
  return type === "MessageId[]" ? "message_ids" : "other";
}

const declared = declaredMethods("@grammyjs/types");
/** Telegraf's types stand still at an older Bot API: they hold less, and must not hold anything else. */
const declaredForTelegraf = declaredMethods("@telegraf/types");
const listed = Object.values(methodTable).flat();

describe("the table of methods", () => {
  it("was read from real declarations", () => {
    expect(declared.size).toBeGreaterThan(180);
    expect(declaredForTelegraf.size).toBeGreaterThan(110);
    for (const types of [declared, declaredForTelegraf])
      expect(types.get("copyMessages")).toBe("MessageId[]");
  });

  it("has decided on every method of the Bot API", () => {
    const all = [...declared.keys(), ...declaredForTelegraf.keys()];
    expect(all.filter((name) => !listed.includes(name))).toEqual([]);
  });

  it("names nothing that the Bot API does not have", () => {
    expect(listed.filter((name) => !declared.has(name))).toEqual([]);
  });

  it("names nothing twice", () => {
    expect(new Set(listed.map((name) => name.toLowerCase())).size).toBe(listed.length);
  });

  it("agrees with the declared result types", () => {
    for (const [name, type] of [...declared, ...declaredForTelegraf])
      expect([name, resultShape(name)]).toEqual([name, declaredShape(type)]);
  });

  it("gives a key to whatever answers with a new message, but for an edit", () => {
    const messages = [...declaredForTelegraf, ...declared].filter(([, type]) =>
      /^Message(\.|$|Id)|^Array<Message/.test(type),
    );
    const keyless = messages.map(([name]) => name).filter((name) => methodClass(name) !== "create");
    expect(keyless).toEqual(["editMessageChecklist"]);
    expect(createMethods).toEqual(methodTable.create);
  });

  it("passes every answer, getter and setter but reactions", () => {
    const named = listed.filter((name) => /^(answer|get|set)[A-Z]/.test(name));
    const held = named.filter((name) => methodClass(name) !== "pass");
    expect(held).toEqual(["setMessageReaction", "getUpdates"]);
  });
});

describe("the class of a method", () => {
  it.each([
    ["sendMessage", "create"],
    ["sendGift", "create"],
    ["postStory", "create"],
    ["copyMessages", "create"],
    ["sendChatAction", "touch"],
    ["sendMessageDraft", "touch"],
    ["editMessageText", "touch"],
    ["setMessageReaction", "touch"],
    ["createForumTopic", "touch"],
    ["answerCallbackQuery", "pass"],
    ["getMe", "pass"],
    ["close", "pass"],
    ["getUpdates", "poll"],
  ])("of %s is %s, in any case", (name, expected) => {
    for (const spelled of [name, name.toLowerCase(), name.toUpperCase()])
      expect(methodClass(spelled)).toBe(expected);
  });

  it("of an unknown method is touch; an unknown getter passes", () => {
    expect(methodClass("sendTelepathy")).toBe("touch");
    expect(methodClass("constructor")).toBe("touch");
    expect(methodClass("__proto__")).toBe("touch");
    expect(methodClass("")).toBe("touch");
    expect(methodClass("getTelepathy")).toBe("pass");
    expect(resultShape("constructor")).toBe("other");
  });
});

describe("the cost of a call", () => {
  it("is the number of its messages", () => {
    expect(costOf("sendMessage", { text: "Hi" })).toBe(1);
    expect(costOf("sendMediaGroup", { media: [{}, {}, {}] })).toBe(3);
    expect(costOf("SENDMEDIAGROUP", { media: [{}, {}] })).toBe(2);
    expect(costOf("forwardMessages", { message_ids: [1, 2] })).toBe(2);
    expect(costOf("copyMessages", { message_ids: [1, 2, 3, 4] })).toBe(4);
  });

  it("of paid media is one: it is one message", () => {
    expect(costOf("sendPaidMedia", { media: [{}, {}] })).toBe(1);
  });

  it("is a whole number of at least 1, whatever the payload holds", () => {
    fc.assert(
      fc.property(fc.constantFrom("sendMediaGroup", "copyMessages", "x"), fc.anything(), (method, junk) => {
        const cost = costOf(method, { media: junk, message_ids: junk });
        expect(Number.isInteger(cost) && cost >= 1).toBe(true);
      }),
    );
  });
});

describe("Stars", () => {
  it("are spent by gifts, subscriptions and transfers of Stars", () => {
    for (const name of ["sendGift", "giftPremiumSubscription", "transferBusinessAccountStars", "sendgift"]) {
      expect(spendsStars(name, {})).toBe(true);
    }
  });

  it("are spent by upgrades and transfers that cost something, or an amount nobody can read", () => {
    for (const name of ["upgradeGift", "transferGift"]) {
      expect(spendsStars(name, {})).toBe(false);
      expect(spendsStars(name, { star_count: 0 })).toBe(false);
      expect(spendsStars(name, { star_count: 25 })).toBe(true);
      expect(spendsStars(name, { star_count: "25" })).toBe(true);
      expect(spendsStars(name, { star_count: {} })).toBe(true);
    }
  });

  it("are spent by paid broadcasts of any kind", () => {
    for (const yes of [true, 1, "true", "True", "yes", "1"]) {
      expect(spendsStars("sendMessage", { allow_paid_broadcast: yes })).toBe(true);
    }
    for (const no of [false, 0, undefined, null, "false", "", {}, Object.create(null), Symbol("yes")]) {
      expect(spendsStars("sendMessage", { allow_paid_broadcast: no })).toBe(false);
    }
  });

  it("are not spent by what others pay for", () => {
    expect(spendsStars("sendPaidMedia", { star_count: 5 })).toBe(false);
    expect(spendsStars("sendInvoice", { currency: "XTR" })).toBe(false);
    expect(spendsStars("refundStarPayment", {})).toBe(false);
  });

  it("are spent only by methods that have a key", () => {
    const spending = listed.filter((name) => spendsStars(name, { star_count: 1 }));
    expect(spending.filter((name) => methodClass(name) !== "create")).toEqual([]);
  });
});

it("albums and multi-forwards fail in parts, nothing else does", () => {
  expect(listed.filter(failsInParts)).toEqual(["sendMediaGroup", "forwardMessages", "copyMessages"]);
  expect(failsInParts("sendmediagroup")).toBe(true);
});
