import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Call, Payload } from "../call.js";
import { createMethods, resultShape } from "../methods.js";
import { type ResultMode, replayedResult, storedResult } from "./index.js";

const modes: readonly ResultMode[] = ["minimal", "full", "none"];
const call = (method: string, payload: Payload = {}): Call => ({ bot: "1", method, payload });
const group = { id: -1001234567890, type: "supergroup", title: "Friends of the owl" };
const head = { message_id: 4711, date: 1_732_380_000, chat: group };
const replayedHead = { ...head, chat: { id: group.id, type: "supergroup" } };
const fileId = "AgACAgIAAxkDAAIBZ2c_-k".repeat(3);

/** What a second caller gets after a first one got `result`. */
function replay(method: string, payload: Payload, result: unknown, mode: ResultMode = "minimal"): unknown {
  return replayedResult(call(method, payload), storedResult(call(method, payload), result, mode));
}

describe("minimal storage", () => {
  it("of a text message to a supergroup takes less than 40 bytes", () => {
    const message = { ...head, from: { id: 1, is_bot: true, first_name: "Owl" }, text: "Hello" };
    const stored = storedResult(call("sendMessage"), message, "minimal")!;
    expect(stored).toBe("m[4711,1732380000,-1001234567890,2]");
    const later = { ...message, message_id: 12_345_678 };
    expect(storedResult(call("sendMessage"), later, "minimal")!.length).toBeLessThan(40);
  });

  it("to a chat that the call names by its number takes half of that", () => {
    const to = (chat_id: number | string, chat: object) =>
      storedResult(call("sendMessage", { chat_id }), { ...head, chat }, "minimal");
    expect(to(7, { id: 7, type: "private" })).toBe("h[4711,1732380000]");
    expect(to("7", { id: 7, type: "private" })).toBe("h[4711,1732380000]");
    expect(to(group.id, group)).toBe("h[4711,1732380000]");
    // Its number does not tell what a channel is, and a name tells no number; a group that moved has another one.
    expect(to(group.id, { ...group, type: "channel" })).toBe("m[4711,1732380000,-1001234567890,3]");
    expect(to("@owls", group)).toBe("m[4711,1732380000,-1001234567890,2]");
    expect(to(-77, group)).toBe("m[4711,1732380000,-1001234567890,2]");
  });

  it("of everything else is small too", () => {
    expect(storedResult(call("copyMessage"), { message_id: 5 }, "minimal")).toBe("i5");
    expect(storedResult(call("copyMessages"), [{ message_id: 5 }, { message_id: 6 }], "minimal")).toBe(
      "i[5,6]",
    );
    expect(storedResult(call("sendGift"), true, "minimal")).toBe("jtrue");
    expect(storedResult(call("sendMessage"), head, "none")).toBe("n");
  });

  it("holds no text that was in the result", () => {
    const secret = fc
      .string({ unit: fc.constantFrom("ä", "Q", " ", "x", "!", "漢"), minLength: 4, maxLength: 40 })
      .filter((s) => /[^\w-]/.test(s));
    const words = (text: string) => ({
      text,
      caption: text,
      chat: { ...group, title: text, username: text, first_name: text },
      from: { id: 1, first_name: text },
      poll: { id: "5", question: text, options: [{ text }] },
      document: { file_id: fileId, file_name: text },
      reply_to_message: { ...head, text },
      venue: { title: text },
      contact: { phone_number: text },
      [text]: text.length,
    });
    fc.assert(
      fc.property(secret, fc.constantFrom(...createMethods), fc.boolean(), (text, method, odd) => {
        const message = odd ? words(text) : { ...words(text), message_id: 1, date: 1 };
        for (const result of [
          message,
          [message],
          { ok: message },
          resultShape(method) === "other" ? true : text,
        ]) {
          expect(storedResult(call(method), result, "minimal")).not.toContain(text);
        }
      }),
    );
  });

  it("keeps ids and numbers of results that are no messages", () => {
    const story = { chat: { id: 7, type: "private", first_name: "Ann" }, id: 3, extra: null };
    expect(replay("postStory", {}, story)).toEqual({ chat: { id: 7, type: "private" }, id: 3, extra: null });
    expect(replay("createInvoiceLink", {}, "https://t.me/$x")).toBe("https://t.me/$x");
  });

  it("of something huge is only that it was sent", () => {
    expect(
      storedResult(call("postStory"), { id: Array.from({ length: 5000 }, (_, i) => i) }, "minimal"),
    ).toBe("n");
    expect(storedResult(call("createInvoiceLink"), "x".repeat(5000), "minimal")).toBe("n");
  });
});

describe("a replay", () => {
  it("is the message: stored facts and the caller's own words", () => {
    const entities = [{ type: "bold", offset: 0, length: 2 }];
    const said = { chat_id: group.id, text: "Hi", entities };
    expect(replay("sendMessage", said, { ...head, text: "Hi", entities })).toEqual({
      ...replayedHead,
      text: "Hi",
      entities,
    });
    expect(replay("SENDMESSAGE", said, head)).toEqual({ ...replayedHead, text: "Hi", entities });
  });

  it("has thread, business connection, album and ephemeral id", () => {
    const more = {
      message_thread_id: 9,
      business_connection_id: "b-C_1",
      media_group_id: "13",
      ephemeral_message_id: 2,
    };
    expect(replay("sendMessage", { text: "Hi" }, { ...head, ...more })).toEqual({
      ...replayedHead,
      ...more,
      text: "Hi",
    });
  });

  it.each(["private", "group", "supergroup", "channel", "constellation"])(
    "is in the %s it was in",
    (type) => {
      expect(replay("sendMessage", {}, { ...head, chat: { id: 5, type } })).toMatchObject({
        chat: { id: 5, type },
      });
    },
  );

  it("has the largest photo where the types promise photos", () => {
    const photo = [
      { file_id: "small", width: 90, height: 90 },
      { file_id: fileId, width: 1280, height: 1280 },
      { file_id: "mid", width: 320, height: 320 },
    ];
    const message = { ...head, photo, caption: "A cat" };
    expect(replay("sendPhoto", { photo: "x", caption: "A cat" }, message)).toEqual({
      ...replayedHead,
      photo: [{ file_id: fileId }],
      caption: "A cat",
    });
  });

  it.each([
    ["sendDocument", "document"],
    ["sendVideo", "video"],
    ["sendAudio", "audio"],
    ["sendVoice", "voice"],
    ["sendVideoNote", "video_note"],
    ["sendSticker", "sticker"],
    ["sendLivePhoto", "live_photo"],
  ])("of %s has its file under %s", (method, field) => {
    const message = { ...head, [field]: { file_id: fileId, width: 3 } };
    expect(replay(method, {}, message)).toEqual({ ...replayedHead, [field]: { file_id: fileId } });
  });

  it("has a file where Telegram put it, not where it was asked for", () => {
    const animation = { file_id: fileId };
    const message = { ...head, animation, document: animation };
    expect(replay("sendVideo", {}, message)).toEqual({ ...replayedHead, animation, document: animation });
  });

  it("of paid media has its first file", () => {
    const paid_media = { star_count: 5, paid_media: [{ type: "video", video: { file_id: fileId } }] };
    const payload = { star_count: 5, media: [{ type: "video", media: "x" }], caption: "c" };
    expect(replay("sendPaidMedia", payload, { ...head, paid_media })).toEqual({
      ...replayedHead,
      paid_media,
      caption: "c",
    });
  });

  it("of a dice has the value that fell", () => {
    const thrown = { ...head, dice: { emoji: "🎯", value: 6 } };
    expect(replay("sendDice", { emoji: "🎯" }, thrown)).toEqual({
      ...replayedHead,
      dice: { emoji: "🎯", value: 6 },
    });
    expect(replay("sendDice", {}, thrown)).toMatchObject({ dice: { emoji: "🎲", value: 6 } });
  });

  it("of a poll has the id that votes come under, and the question", () => {
    const payload = { question: "Tea?", options: ["Yes", { text: "No" }], is_anonymous: false };
    const sent = {
      ...head,
      poll: { id: "517", question: "Tea?", options: [{ text: "Yes", voter_count: 0 }] },
    };
    expect(replay("sendPoll", payload, sent)).toMatchObject({
      poll: {
        id: "517",
        question: "Tea?",
        options: [
          { text: "Yes", voter_count: 0 },
          { text: "No", voter_count: 0 },
        ],
        is_anonymous: false,
        is_closed: false,
        type: "regular",
      },
    });
  });

  it("of places, people, invoices and checklists says what the payload says", () => {
    const place = { latitude: 1.5, longitude: 2 };
    expect(replay("sendLocation", place, head)).toMatchObject({ location: place });
    const venue = { title: "Pub", address: "High Street" };
    expect(replay("sendVenue", { ...place, ...venue }, head)).toMatchObject({
      location: place,
      venue: { ...venue, location: place },
    });
    const contact = { phone_number: "+1", first_name: "Ann" };
    expect(replay("sendContact", contact, head)).toMatchObject({ contact });
    const prices = [
      { label: "a", amount: 3 },
      { label: "b", amount: 4 },
    ];
    const invoice = { title: "T", description: "D", currency: "XTR" };
    expect(replay("sendInvoice", { ...invoice, prices }, head)).toMatchObject({
      invoice: { ...invoice, total_amount: 7 },
    });
    const checklist = { title: "To do", tasks: [{ id: 1, text: "Sleep" }] };
    expect(replay("sendChecklist", { checklist }, head)).toMatchObject({ checklist });
    expect(replay("sendGame", {}, head)).toMatchObject({ game: { title: "" } });
    expect(replay("sendRichMessage", { rich_message: { blocks: [{ type: "text" }] } }, head)).toMatchObject({
      rich_message: { blocks: [{ type: "text" }] },
    });
  });

  it("of an album is a list in which each item has its own caption and file", () => {
    const album = [1, 2].map((n) => ({
      ...head,
      message_id: n,
      media_group_id: "77",
      photo: [{ file_id: `F${n}` }],
    }));
    const media = [{ type: "photo", caption: "one" }, { type: "photo" }];
    expect(replay("sendMediaGroup", { media }, album)).toEqual([
      { ...replayedHead, message_id: 1, media_group_id: "77", photo: [{ file_id: "F1" }], caption: "one" },
      { ...replayedHead, message_id: 2, media_group_id: "77", photo: [{ file_id: "F2" }] },
    ]);
  });

  it("of copies and forwards has their ids", () => {
    expect(replay("copyMessage", { caption: "c" }, { message_id: 5 })).toEqual({ message_id: 5 });
    expect(replay("copyMessages", {}, [{ message_id: 5 }, { message_id: 6 }])).toEqual([
      { message_id: 5 },
      { message_id: 6 },
    ]);
    expect(replay("forwardMessages", {}, [])).toEqual([]);
    const dice = { ...head, dice: { emoji: "🎲", value: 2 } };
    expect(replay("forwardMessage", {}, dice)).toEqual({ ...replayedHead, dice: { emoji: "🎲", value: 2 } });
  });

  it("of a full result is that result", () => {
    const message = { ...head, text: "Hello", from: { id: 1, first_name: "Owl" } };
    expect(replay("sendMessage", { text: "Hello" }, message, "full")).toEqual(message);
    expect(replay("x", {}, null, "full")).toBeNull();
  });
});

describe("when nothing was kept", () => {
  const untold = (method: string, payload: Payload) => replay(method, payload, head, "none");

  it("a message has id 0, date 0, its chat and its words", () => {
    expect(untold("sendMessage", { chat_id: 7, text: "Hi" })).toEqual({
      message_id: 0,
      date: 0,
      chat: { id: 7, type: "private" },
      text: "Hi",
    });
  });

  it("the chat is told from its id as far as that goes", () => {
    const chat = (chat_id: unknown) => (untold("sendPhoto", { chat_id }) as { chat: unknown }).chat;
    expect(chat("-5")).toEqual({ id: -5, type: "group" });
    expect(chat(-1001234567890)).toEqual({ id: -1001234567890, type: "supergroup" });
    expect(chat("@News")).toEqual({ id: 0, type: "channel", username: "News" });
    for (const odd of [undefined, null, "?", {}, Number.NaN, 1e300])
      expect(chat(odd)).toEqual({ id: 0, type: "private" });
  });

  it("lists are as long as what was asked for", () => {
    expect(untold("sendMediaGroup", { chat_id: 7, media: [{ caption: "a" }, {}] })).toEqual([
      { message_id: 0, date: 0, chat: { id: 7, type: "private" }, caption: "a" },
      { message_id: 0, date: 0, chat: { id: 7, type: "private" } },
    ]);
    expect(untold("copyMessages", { message_ids: [1, 2] })).toEqual([{ message_id: 0 }, { message_id: 0 }]);
    expect(untold("copyMessage", {})).toEqual({ message_id: 0 });
    expect(untold("sendGift", {})).toBe(true);
  });

  it("so it is for a record that has no result, or one that cannot be read", () => {
    const asked = call("sendMessage", { chat_id: 7, text: "Hi" });
    const blank = replayedResult(asked, "n");
    for (const broken of [
      undefined,
      "",
      "m",
      "m[",
      "m[1]",
      "h[1]",
      'h["x",1]',
      "h{}",
      "m{}",
      'l["x"]',
      "z[1]",
      "?",
      "j",
      "[object Object]",
    ]) {
      expect(replayedResult(asked, broken)).toEqual(blank);
    }
  });

  it("an id alone fills its place", () => {
    expect(replay("sendMessage", { chat_id: 7, text: "Hi" }, { message_id: 5, text: "Hi" })).toEqual({
      message_id: 5,
      date: 0,
      chat: { id: 7, type: "private" },
      text: "Hi",
    });
  });
});

describe("whatever comes", () => {
  const anyCall = fc.record({
    bot: fc.constant("1"),
    method: fc.oneof(fc.constantFrom(...createMethods), fc.string()),
    payload: fc.dictionary(
      fc.constantFrom("chat_id", "text", "media", "options", "checklist", "prices", "emoji", "x"),
      fc.anything(),
    ),
  });
  const oddMessage = fc.record(
    {
      message_id: fc.integer(),
      date: fc.anything(),
      chat: fc.record({ id: fc.integer(), type: fc.anything() }),
      photo: fc.anything(),
      poll: fc.anything(),
      dice: fc.anything(),
      paid_media: fc.anything(),
    },
    { requiredKeys: ["message_id", "chat"] },
  );
  const anyResult = fc.oneof(
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
    oddMessage,
    fc.array(oddMessage),
  );

  it("storing and replaying never throw, and the mark that it was sent is never lost", () => {
    fc.assert(
      fc.property(anyCall, anyResult, fc.constantFrom(...modes), (asked, result, mode) => {
        const stored = storedResult(asked, result, mode);
        expect(stored).toMatch(/^[nmlij]/);
        expect(replayedResult(asked, stored)).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });

  it("two replays share nothing with each other, the payload or the result", () => {
    fc.assert(
      fc.property(anyCall, anyResult, fc.constantFrom(...modes), (asked, result, mode) => {
        const stored = storedResult(asked, result, mode);
        const first = objectsIn(replayedResult(asked, stored));
        const others = [replayedResult(asked, stored), asked.payload, result].map((value) =>
          objectsIn(value),
        );
        for (const other of others) expect([...first].some((object) => other.has(object))).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it("a replay is JSON", () => {
    fc.assert(
      fc.property(anyCall, anyResult, fc.constantFrom(...modes), (asked, result, mode) => {
        const answer = replayedResult(asked, storedResult(asked, result, mode));
        expect(() => JSON.stringify(answer)).not.toThrow();
      }),
    );
  });

  it("a result that throws when read was sent all the same", () => {
    const trap = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
        ownKeys: () => {
          throw new Error("no");
        },
      },
    );
    for (const mode of modes) expect(storedResult(call("sendMessage"), trap, mode)).toBe("n");
    const cycle: Record<string, unknown> = { ...head };
    cycle.self = cycle;
    expect(storedResult(call("sendMessage"), cycle, "full")).toMatch(/^m\[4711,/);
  });

  it("any string in the store is survived", () => {
    fc.assert(
      fc.property(
        anyCall,
        fc.string(),
        fc.json(),
        fc.constantFrom("m", "l", "i", "j", "n", ""),
        (asked, junk, json, form) => {
          expect(replayedResult(asked, form + junk)).toBeDefined();
          expect(replayedResult(asked, form + json)).toBeDefined();
        },
      ),
    );
  });
});

function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== "object" || value === null || found.has(value)) return found;
  found.add(value);
  for (const item of Object.values(value)) objectsIn(item, found);
  return found;
}
