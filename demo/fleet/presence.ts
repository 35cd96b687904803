/** What makes a bot's process one of a fleet: the demo can talk to it, finds its webhook, and ends it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Bot, webhookCallback } from "grammy";
import type { Word } from "./job.js";

/** Tells the demo. */
export const tell = (word: Word) => process.send?.(word);

/** Ends with the demo, leaves Ctrl-C to it, and tells it of warnings. */
export function liveWithTheDemo(): void {
  process.on("disconnect", () => process.exit());
  process.on("SIGINT", () => {}); // Ctrl-C reaches every process of a terminal; the demo ends its own
  process.removeAllListeners("warning");
  process.on("warning", ({ message }) => tell({ kind: "warning", text: message }));
}

/** Serves the bot's webhook on a free port of 127.0.0.1 and tells the demo which. */
export function serveWebhook(bot: Bot, metricsPort?: number): void {
  const handle = webhookCallback(bot, "http");
  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    tell({ kind: "listening", port, ...(metricsPort === undefined ? {} : { metricsPort }) });
  });
}
