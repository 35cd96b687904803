/**
 * Metrics for Prometheus: a bot says the same twice, meets a flood and loses an answer, and `/metrics` tells.
 *
 *     npx tsx examples/prometheus.ts
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createEmulator } from "@sendonce/emulator";
import { createGuard, install } from "@sendonce/grammy";
import { observe } from "@sendonce/prometheus";
import { Api } from "grammy";
import { register } from "prom-client";

const telegram = createEmulator();
await telegram.listen();

const guard = createGuard();
observe(guard);
const api = install(new Api("4242:token", { apiRoot: telegram.url }), guard);

const server = createServer(async (_request, response) => {
  response.writeHead(200, { "content-type": register.contentType });
  response.end(await register.metrics());
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

// Everything above is what a bot of yours needs. This is what happens to it:
for (let again = 0; again < 3; again++)
  await api.sendMessage(5, "Paid: order 7.", { allow_paid_broadcast: true });
telegram.fault({ method: "sendMessage", kind: "429", retryAfter: 1 });
await api.sendMessage(6, "Shipped: order 7.");
telegram.fault({ method: "sendMessage", kind: "cut-after" });
await api.sendMessage(7, "Delivered: order 7.").catch(() => {});

const { port } = server.address() as AddressInfo;
const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
const more = /_(sent|duplicates|duplicate_stars|floods|frozen_seconds|ambiguous)\w* *\{.* (?!0$)|_store_up/;
for (const line of metrics.split("\n")) if (more.test(line) && !line.startsWith("#")) console.log(line);

server.close();
server.closeAllConnections();
await guard.close();
await telegram.close();

/* Prints:
sendonce_sent_total{bot="4242",method="sendMessage"} 2
sendonce_duplicates_prevented_total{bot="4242",scope="content",method="sendMessage"} 2
sendonce_duplicate_stars_prevented_total{bot="4242"} 0.2
sendonce_floods_total{bot="4242",rule="chat"} 1
sendonce_frozen_seconds_total{bot="4242",rule="chat"} 1
sendonce_ambiguous_total{bot="4242",method="sendMessage"} 1
sendonce_store_up 1
*/
