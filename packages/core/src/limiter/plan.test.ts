import { describe, expect, it } from "vitest";
import type { Payload } from "../call.js";
import type { RuleParams } from "../store/port.js";
import { chatOf, floodedRule, type PlanFacts, planCharges, planGates } from "./plan.js";

const params: RuleParams = { kind: "bucket", capacity: 1, intervalUs: 1 };
const all = { user: params, chat: params, group: params, bulk: params, global: params, paid: params };

const facts = (payload: Payload, more: Partial<PlanFacts> = {}): PlanFacts => ({
  method: "sendMessage",
  payload,
  cost: 1,
  priority: "normal",
  soft: false,
  ...more,
});

/** `name:key:mode` of every rule that is paid. */
const plan = (payload: Payload, more?: Partial<PlanFacts>, rules: object = all) =>
  planCharges(rules, facts(payload, more)).map(({ name, key, mode }) => `${name} ${key} ${mode}`);

describe("whom a call is for", () => {
  it.each<[Payload, string | undefined]>([
    [{ chat_id: 5 }, "5"],
    [{ chat_id: "5" }, "5"],
    [{ chat_id: -100123 }, "-100123"],
    [{ chat_id: " 5 " }, "5"],
    [{ chat_id: "@News" }, "@news"],
    [{ chat_id: 907 }, "907"],
    [{ user_id: 5 }, "5"],
    [{ chat_id: 1, user_id: 5 }, "1"],
    [{ chat_id: 5, message_thread_id: 7 }, "5"],
    [{ chat_id: 5, business_connection_id: "bc" }, "bc/5"],
    [{ chat_id: 5, business_connection_id: "" }, "5"],
    [{}, undefined],
    [{ chat_id: {} }, undefined],
  ])("%j is %s", (payload, chat) => {
    expect(chatOf(payload)).toBe(chat);
  });

  it.each(["call 5", "5 please", "@News now", "the @news", "News", "news", "-", "123456789012345678901"])(
    "%j is neither an id nor a username: a hash of its own",
    (text) => {
      const hashed = chatOf({ chat_id: text });
      expect(hashed).toMatch(/^#[\w-]{22}$/);
      expect(chatOf({ chat_id: ` ${text} ` })).toBe(hashed);
    },
  );

  it("tells texts by their case, and usernames not", () => {
    expect(chatOf({ chat_id: "News" })).not.toBe(chatOf({ chat_id: "news" }));
    expect(chatOf({ chat_id: "@News" })).toBe(chatOf({ chat_id: "@news" }));
  });

  it.each(["no connection", "a/b", "x".repeat(129), "bc!"])("%j is no business connection: a hash", (id) => {
    expect(chatOf({ chat_id: 5, business_connection_id: id })).toMatch(/^#[\w-]{22}\/5$/);
  });
});

describe("the rules that a message pays", () => {
  it("stand narrow to wide", () => {
    expect(plan({ chat_id: 5 }, { priority: "bulk" })).toEqual([
      "user user:5 wait",
      "chat chat:5 wait",
      "bulk bulk wait",
      "global global wait",
    ]);
  });

  it("are a private chat's for positive ids, whatever they begin with", () => {
    for (const chat of [1, 57, 9, 987, "0"]) {
      expect(plan({ chat_id: chat }, {}, { chat: params })[0]).toBe(`chat chat:${chat} wait`);
    }
  });

  it("are the group's for negative ids and @names, where no user is known", () => {
    for (const chat of [-5, "-5", "@News"]) {
      const [first] = plan({ chat_id: chat });
      expect(first).toBe(`group chat:${String(chat).toLowerCase()} wait`);
    }
  });

  it("charge the user who sent the update, also in a group", () => {
    expect(plan({ chat_id: -5 }, { userId: 7 })[0]).toBe("user user:7 wait");
  });

  it("keep the chats of a business connection apart", () => {
    const [, chat] = plan({ chat_id: 5, business_connection_id: "bc" });
    expect(chat).toBe("chat chat:bc/5 wait");
    expect(plan({ chat_id: -5, business_connection_id: "bc" })[0]).toBe("group chat:bc/-5 wait");
  });

  it("let the paid quota stand in for bulk and bot", () => {
    const paid = plan({ chat_id: -5, allow_paid_broadcast: true }, { priority: "bulk" });
    expect(paid).toEqual(["group chat:-5 wait", "paid paid wait"]);
    expect(plan({ chat_id: -5, allow_paid_broadcast: false }).at(-1)).toBe("global global wait");
  });

  it("that are soft are debited: private chats and the bot, never groups or users", () => {
    expect(plan({ chat_id: 5 }, { soft: true, priority: "bulk" })).toEqual([
      "user user:5 wait",
      "chat chat:5 debit",
      "bulk bulk debit",
      "global global debit",
    ]);
    expect(plan({ chat_id: -5 }, { soft: true })).toEqual(["group chat:-5 wait", "global global debit"]);
  });

  it("mark bulk as yielding in the bot's rule, where everybody meets, and nothing else", () => {
    const yielding = (payload: Payload, priority: PlanFacts["priority"]) =>
      planCharges(all, facts(payload, { priority }))
        .filter((charge) => charge.priority !== "normal")
        .map(({ name, priority }) => `${name} ${priority}`);
    expect(yielding({ chat_id: -5 }, "bulk")).toEqual(["global bulk"]);
    expect(yielding({ chat_id: -5, allow_paid_broadcast: true }, "bulk")).toEqual(["paid bulk"]);
    expect(yielding({ chat_id: -5 }, "high")).toEqual([]);
  });

  it("are gates where a limit is off: floods are honoured still", () => {
    const charges = planCharges({}, facts({ chat_id: 5 }, { priority: "bulk" }));
    expect(charges.map(({ name, params }) => [name, params.kind])).toEqual([
      ["chat", "gate"],
      ["global", "gate"],
    ]);
  });

  it("carry the cost of the call", () => {
    expect(planCharges(all, facts({ chat_id: 5 }, { cost: 10 })).map(({ cost }) => cost)).toEqual([
      10, 10, 10,
    ]);
  });

  it("are the bot's alone where a call names nobody", () => {
    expect(plan({})).toEqual(["method method:sendMessage wait", "global global wait"]);
  });
});

describe("a flood", () => {
  it("stops the chat's rule, or the method where the call names no chat", () => {
    const rule = (payload: Payload) => {
      const charges = planCharges(all, facts(payload));
      return charges[floodedRule(charges)]?.name;
    };
    expect([rule({ chat_id: 5 }), rule({ chat_id: -5 }), rule({})]).toEqual(["chat", "group", "method"]);
  });

  it("is looked for at the chat and at the bot by calls that pay nothing", () => {
    const gates = (payload: Payload) =>
      planGates("editMessageText", payload).map(({ name, key, params }) => `${name} ${key} ${params.kind}`);
    const bot = "global global gate";
    const method = "method method:editMessageText gate";
    expect(gates({ chat_id: 5 })).toEqual(["chat chat:5 gate", bot]);
    expect(gates({ chat_id: "@News" })).toEqual(["group chat:@news gate", bot]);
    expect(gates({})).toEqual([method, bot]);
    expect(gates({ user_id: 5 })).toEqual([method, bot]);
  });
});
