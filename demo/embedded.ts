import { broadcast } from "./scenarios/broadcast.js";
import { lostResponse } from "./scenarios/lost-response.js";
import { scheduledTwice } from "./scenarios/scheduled-twice.js";
import { slowWebhook } from "./scenarios/slow-webhook.js";
import type { Story } from "./story.js";

/** Bots in this process, with the store that every bot has: its own memory. */
export const embedded: Story = {
  title: "Sendonce demo: the same grammY bots without and with install(bot).",
  preface: "A local Telegram on 127.0.0.1 delivers, limits and loses as the real one does.",
  scenarios: [slowWebhook, lostResponse, scheduledTwice, broadcast],
};
