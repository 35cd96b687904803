import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Scenario } from "../../scenario.js";
import { pause } from "../../stage.js";
import { Fleet } from "../fleet.js";

// A sixtieth of the real number, and a provider that is slower still.
const webhookTimeoutMs = 1_000;
const providerMs = 1_500;
const ticket = "Paid! Here is your ticket.";

export const slowWebhook = (redisUrl: string): Scenario => ({
  title: "slow webhook, next process",
  story:
    "A customer pays; one process waits for a slow payment provider, the webhook times out, and the load balancer hands the redelivered update to the next process while the first is still at it.",
  sideBySide: true,
  telegram: { webhookTimeoutMs },

  async play(stage) {
    const provider = await slowProvider();
    const fleet = await Fleet.start(stage, redisUrl, { PROVIDER_URL: provider.url });
    try {
      provider.charge();
      const askedAt = stage.say(7, "/pay");
      await stage.quiet();
      await pause(500); // the run that timed out is nobody's to wait for
      const deliveries = stage.telegram.deliveries(stage.token).length;
      const tickets = stage.telegram.ledger.count({ chat: 7 });
      return {
        intended: [{ chat: 7, text: ticket, askedAt }],
        told: `${deliveries} processes were given the update; the customer received ${tickets === 1 ? "one ticket" : `${tickets} tickets`}.`,
        warnings: fleet.warnings,
      };
    } finally {
      await fleet.close();
      provider.close();
    }
  },

  claims: (plain) => [["without Sendonce a second process replies too", plain.doubled > 0]],
});

/** Answers nobody before the money is there, everybody after that. */
async function slowProvider() {
  let charge = () => {};
  const asked = new Promise<void>((resolve) => {
    charge = resolve;
  });
  const paid = asked.then(() => pause(providerMs));
  const server = createServer((_, response) => void paid.then(() => response.end("paid")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/`, charge: () => charge(), close };
}
