import { TelegramError } from "telegraf";
import { describe, expect, test } from "vitest";
import { replyOf } from "./translate.js";

const call = { bot: "4242", method: "sendMessage", payload: { chat_id: 7, text: "hi" } };
const replyTo = (error: unknown) => replyOf(call, "4242:secret", () => Promise.reject(error));

test("a network error tells its code and whether it was met while connecting", async () => {
  const error = Object.assign(new Error("request to http://host/ failed, reason: "), { code: "ENETUNREACH" });
  expect(await replyTo(error)).toMatchObject({ type: "failure", code: "ENETUNREACH", syscall: "connect" });
});

describe("a file that cannot be uploaded counts as not sent", () => {
  test.each([
    "Unable to upload '/tmp', not a file",
    "Only absolute URLs are supported",
    "Only HTTP(S) protocols are supported",
  ])("%s", async (message) => {
    expect(await replyTo(new TypeError(message))).toMatchObject({ code: "ENOENT" });
    expect(await replyTo(new Error(message))).not.toHaveProperty("code");
  });

  test("of another file in the payload only if it names that file", async () => {
    const payload = { chat_id: 7, photo: { url: "http://host/a.jpg" } };
    const reply = (at: string) =>
      replyOf({ ...call, payload }, "4242:secret", () =>
        Promise.reject(new Error(`network timeout at: ${at}`)),
      );
    expect(await reply("http://host/a.jpg")).toMatchObject({ code: "ENOENT" });
    expect(await reply("http://host/bot4242:[REDACTED]/sendPhoto")).not.toHaveProperty("code");
  });
});

test("a TelegramError of another copy of Telegraf is an answer too", async () => {
  const response = { ok: false, error_code: 400, description: "Bad Request" };
  const foreign = Object.assign(new Error("400: Bad Request"), { response, on: {} });
  expect(await replyTo(foreign)).toEqual({ type: "response", body: { ...response, parameters: undefined } });
  expect(await replyTo(new TelegramError(response))).toMatchObject({ type: "response", body: response });
});

test("whatever is thrown, the token is taken out of its message, its stack and its causes", async () => {
  const cause = new Error("no answer from /bot4242:secret/getMe");
  const error = new Error("at /bot4242:secret/sendMessage", { cause });
  await replyTo(error);
  for (const { message, stack } of [error, cause]) expect(`${message}${stack}`).not.toContain("secret");
  expect(error.message).toBe("at /bot4242:[REDACTED]/sendMessage");
  for (const thrown of [undefined, null, "no", 1])
    expect(await replyTo(thrown)).toMatchObject({ error: thrown });
});
