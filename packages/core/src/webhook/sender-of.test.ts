import { describe, expect, it } from "vitest";
import { senderOf } from "./sender-of.js";

describe("the sender of an update", () => {
  it.each([
    ["a message", { update_id: 1, message: { from: { id: 5 } } }, 5],
    ["a button", { update_id: 1, callback_query: { from: { id: 6 } } }, 6],
    ["a reaction", { update_id: 1, message_reaction: { user: { id: 7 } } }, 7],
    ["a channel's post", { update_id: 1, channel_post: { chat: { id: -100 } } }, undefined],
    ["nothing", { update_id: 1 }, undefined],
  ])("%s", (_, update, id) => {
    expect(senderOf(update)).toBe(id);
  });
});
