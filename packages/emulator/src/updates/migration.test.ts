import { Api } from "grammy";
import { beforeEach, describe, expect, it } from "vitest";
import { createEmulator, type Emulator } from "../index.js";

const TOKEN = "42:secret";
let emulator: Emulator;
let api: Api;
beforeEach(() => {
  emulator = createEmulator();
  api = new Api(TOKEN, { fetch: emulator.fetch });
});

describe("a group that becomes a supergroup", () => {
  it("says so to who writes to it, and takes messages under its new id", async () => {
    await api.sendMessage(-5, "before");
    const { to } = emulator.migrate(TOKEN, -5);
    await expect(api.sendMessage(-5, "after")).rejects.toMatchObject({
      error_code: 400,
      description: "Bad Request: group chat was upgraded to a supergroup chat",
      parameters: { migrate_to_chat_id: to },
    });
    expect((await api.sendMessage(to, "after")).chat).toMatchObject({ type: "supergroup", title: "Chat 5" });
  });

  it("tells the bot in both chats", async () => {
    const { to, updates } = emulator.migrate(TOKEN, -5, -1005000000000);
    expect(to).toBe(-1005000000000);
    expect(await api.getUpdates()).toEqual(updates);
    expect(updates).toMatchObject([
      { message: { chat: { id: -5, type: "group" }, migrate_to_chat_id: to } },
      { message: { chat: { id: to, type: "supergroup" }, migrate_from_chat_id: -5 } },
    ]);
  });

  it("is the same supergroup for every bot that hears of it", () => {
    const { to } = emulator.migrate(TOKEN, -5);
    expect(emulator.migrate("43:other", -5).to).toBe(to);
    expect(emulator.pending("43:other")).toBe(2);
    expect(() => emulator.migrate(TOKEN, -5, to - 1)).toThrow("already");
  });

  it("is a group before, and a supergroup after", () => {
    expect(() => emulator.migrate(TOKEN, 7)).toThrow("only a group");
    expect(() => emulator.migrate(TOKEN, -1001234567890)).toThrow("only a group");
    expect(() => emulator.migrate(TOKEN, -5, -6)).toThrow("a supergroup's id is below");
  });
});

describe("a business connection", () => {
  it("brings what customers write as business_message, which the bot can answer", async () => {
    const update = emulator.say(TOKEN, { chat: 7, text: "open today?", business: "shop" });
    expect(update).toMatchObject({
      business_message: { from: { id: 7 }, chat: { id: 7 }, business_connection_id: "shop" },
    });
    const answer = await api.sendMessage(7, "yes", { business_connection_id: "shop" });
    expect(answer).toMatchObject({ business_connection_id: "shop", sender_business_bot: { id: 42 } });
  });
});
