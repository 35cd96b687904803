import { describe, expect, it } from "vitest";
import { botApiPath, urlOf } from "./bot-api-path.js";

const found = { token: "42:AB-c_d", method: "sendMessage" };

describe("a Bot API call", () => {
  it.each([
    "https://api.telegram.org/bot42:AB-c_d/sendMessage",
    "https://api.telegram.org/bot42:AB-c_d/test/sendMessage",
    "https://api.telegram.org/bot42%3AAB-c_d/sendMessage?chat_id=7",
    "http://localhost:8081/bot42:AB-c_d/sendMessage/",
    "https://example.com/telegram/bot/api/bot42:AB-c_d/sendMessage",
  ])("is known by its path: %s", (url) => {
    expect(botApiPath(url)).toMatchObject(found);
  });

  it.each([
    "https://api.telegram.org/file/bot42:AB-c_d/documents/file_1.pdf",
    "https://api.telegram.org/file/bot42:AB-c_d/sendMessage",
    "https://api.telegram.org/bot42:AB-c_d",
    "https://api.telegram.org/bot42/sendMessage",
    "https://api.telegram.org/robot42:AB-c_d/sendMessage",
    "https://example.com/%E0%A4%A/x",
    "/bot42:AB-c_d/sendMessage",
    "",
  ])("is not %s", (url) => {
    expect(botApiPath(url)).toBeUndefined();
  });

  it("is found in a string, a URL and a Request", () => {
    const url = "http://telegram.local/bot42:x/getMe";
    for (const input of [url, new URL(url), new Request(url)]) expect(urlOf(input)).toBe(url);
  });
});
