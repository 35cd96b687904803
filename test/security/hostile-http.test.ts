import { createGuard, guardFetch, guardUpdates } from "@sendonce/core";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { expectNoPollution, runs, silent, timed, values } from "./kit/hostile.js";

const token = "4242:secret";
const address = `https://api.telegram.org/bot${token}/sendMessage`;
const sent = { ok: true, result: { message_id: 1, date: 1, chat: { id: 7, type: "private" } } };

afterEach(expectNoPollution);

const guarded = () => createGuard({ limits: false, logger: silent });

describe("guardUpdates", () => {
  test("answers 400 for what is no update, and runs nothing", async () => {
    const once = guardUpdates(token, guarded());
    await fc.assert(
      fc.asyncProperty(values, async (update) => {
        let ran = 0;
        const { status, outcome } = await once(update, () => ran++);
        const { update_id } = (update ?? {}) as { update_id?: unknown };
        if (Number.isSafeInteger(update_id)) return;
        expect({ status, outcome, ran }).toEqual({ status: 400, outcome: "malformed", ran: 0 });
      }),
      runs(150),
    );
  });

  test.each([["1"], [1.5], [Number.NaN], [Infinity], [2 ** 53], [[1]], [{}], [null], [true]])(
    "takes no update_id like %j",
    async (update_id) => {
      const answer = await guardUpdates(token, guarded())({ update_id }, () => {});
      expect(answer).toEqual({ status: 400, headers: {}, outcome: "malformed" });
    },
  );

  test.each([[-1], [0], [-(2 ** 53) + 1]])(
    "handles update_id %d each time it comes: it is not Telegram's",
    async (update_id) => {
      const once = guardUpdates(token, guarded());
      let ran = 0;
      await once({ update_id }, () => ran++);
      await once({ update_id }, () => ran++);
      expect(ran).toBe(2);
    },
  );

  test("handles an update of 10 MB, and one without bottom, at once and once", async () => {
    const deep = JSON.parse(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`) as object;
    const once = guardUpdates(token, guarded());
    for (const [i, message] of [{ text: "a".repeat(10_000_000) }, deep].entries()) {
      let ran = 0;
      const { busyMs } = await timed(async () => {
        for (let times = 0; times < 2; times++) await once({ update_id: i + 1, message }, () => ran++);
      });
      expect(ran).toBe(1);
      expect(busyMs).toBeLessThan(1_000);
    }
  });

  test("takes who sent it from its own fields, whatever they are", async () => {
    const once = guardUpdates(token, guarded());
    let update_id = 1;
    await fc.assert(
      fc.asyncProperty(values, values, async (from, user) => {
        const update = { message: { from }, poll_answer: { user }, update_id: update_id++ };
        expect((await once(update, () => {})).outcome).toBe("handled");
      }),
      runs(100),
    );
  });
});

describe("guardFetch", () => {
  /** A fetch that says yes, and what it was given. */
  function telegram() {
    const bodies: unknown[] = [];
    const fetch = async (_: string, init?: RequestInit) => {
      bodies.push(init?.body);
      return new Response(JSON.stringify(sent));
    };
    return { send: guardFetch(fetch, guarded()), bodies };
  }

  const boundary = "b0undary";
  const multipart = { "content-type": `multipart/form-data; boundary=${boundary}` };
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const json = { "content-type": "application/json" };

  test("hands on any bytes as they are, whatever their headers say, and once", async () => {
    const part = fc.constantFrom(
      ...[
        `--${boundary}\r\n`,
        `\r\n--${boundary}--`,
        "\r\n\r\n",
        'content-disposition: form-data; name="text"',
      ],
      ...[
        "; filename=",
        '"',
        "__proto__=1&constructor=2",
        "{",
        "}",
        '"__proto__":{',
        "[",
        "attach://a",
        "\0",
        "ä",
      ],
    );
    const body = fc
      .array(fc.oneof(part, fc.string({ maxLength: 10 })), { maxLength: 12 })
      .map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(multipart, form, json, {}), async (body, headers) => {
        const { send, bodies } = telegram();
        const init = { method: "POST", body, headers };
        expect(((await send(address, init)) as Response).status).toBe(200);
        expect(((await send(address, init)) as Response).status).toBe(200);
        expect(bodies).toEqual([body]);
      }),
      runs(150),
    );
  });

  test("takes no field from a body's __proto__", async () => {
    const guard = guarded();
    const chats: unknown[] = [];
    guard.on("sent", ({ chat }) => chats.push(chat));
    const send = guardFetch(async (_: string, __?: object) => new Response(JSON.stringify(sent)), guard);
    for (const [body, headers] of [
      ['{"__proto__":{"chat_id":666},"text":"a"}', json],
      [`__proto__=${encodeURIComponent('{"chat_id":666,"a":"attach://b"}')}&text=b`, form],
    ] as const)
      await send(address, { method: "POST", body, headers } as RequestInit);
    expect(chats).toEqual([undefined, undefined]);
  });

  test("names a body that is nested too deep instead of overflowing the stack", async () => {
    const { send, bodies } = telegram();
    const body = `{"chat_id":7,"text":"a","reply_markup":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const calls = [
      send(address, { method: "POST", body, headers: json }),
      send(address, {
        method: "POST",
        body: new URLSearchParams(Object.entries(JSON.parse('{"media":"x"}'))),
      }),
    ];
    await expect(calls[0]).rejects.toThrow(
      /^payload\.reply_markup.* is nested deeper than 512 levels; flatten it$/,
    );
    expect(((await calls[1]) as Response).status).toBe(200);
    expect(bodies).toHaveLength(1);
  });

  test.for<[string, () => RequestInit]>([
    [
      "10 MB of JSON",
      () => ({ body: JSON.stringify({ chat_id: 7, text: "a".repeat(10_000_000) }), headers: json }),
    ],
    [
      "100,000 fields of a form",
      () => ({ body: Array.from({ length: 100_000 }, (_, i) => `f${i}=1`).join("&"), headers: form }),
    ],
    [
      "10 MB of half a multipart",
      () => ({
        body: `--${boundary}\r\n${"content-disposition: form-data; name=".repeat(300_000)}`,
        headers: multipart,
      }),
    ],
    [
      "50,000 parts",
      () => ({
        body: `--${boundary}\r\n${`content-disposition: form-data; name=a\r\n\r\nb\r\n--${boundary}\r\n`.repeat(50_000)}`,
        headers: multipart,
      }),
    ],
    ["100 MB of bytes", () => ({ body: new Uint8Array(100_000_000) })],
  ])("sends %s once, in bounded time", async ([, make]) => {
    const { send, bodies } = telegram();
    const { busyMs } = await timed(() => send(address, { method: "POST", ...make() }));
    expect(bodies).toHaveLength(1);
    expect(busyMs).toBeLessThan(3_000);
  });
});
