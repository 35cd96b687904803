/**
 * `/healthz` by node:http, express and fastify, for a guard that is well and for guards whose Redis is away.
 *
 *     npx tsx examples/healthz.ts
 */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createGuard, fastifyHealthHandler, healthHandler } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import express from "express";
import fastify from "fastify";

const store = redisStore("redis://127.0.0.1:1"); // nobody is there
const well = createGuard();
const alone = createGuard({ store }); // guards itself meanwhile: whenStoreDown is "local"
const strict = createGuard({ store, whenStoreDown: "reject" }); // sends nothing without its store

const plain = healthHandler(well);

const app = express();
app.get("/healthz", healthHandler(alone));
// Of several guards the worst counts; and where another process still reaches the store, degraded may be too little.
app.get("/readyz", healthHandler([well, alone], { degradedIs: 503 }));

const other = fastify();
other.get("/healthz", fastifyHealthHandler(strict));
await other.ready();

await look("node:http", plain, "/healthz");
await look("express", app, "/healthz");
await look("express", app, "/readyz");
await look("fastify", other.routing, "/healthz");

async function look(by: string, listener: RequestListener, path: string): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  const { status } = (await response.json()) as { status: string };
  console.log(`${by} ${path}: ${response.status} ${status}`);
  server.close();
  server.closeAllConnections();
}

for (const guard of [well, alone, strict]) await guard.close();
await store.close();

/* Prints:
node:http /healthz: 200 ok
express /healthz: 200 degraded
express /readyz: 503 degraded
fastify /healthz: 503 down
*/
