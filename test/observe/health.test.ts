import {
  createGuard,
  fastifyHealthHandler,
  type Guard,
  type GuardOptions,
  healthHandler,
} from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import express from "express";
import fastify from "fastify";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startRedis } from "../kit/redis/server.js";
import { serve } from "./scraped.js";

const password = "canary-password";
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** The same answers behind each server. */
const servers: Record<string, (guard: Guard) => Promise<string>> = {
  "node:http": async (guard) => serve(healthHandler(guard)),
  express: async (guard) => serve(express().get("/", healthHandler(guard))),
  fastify: async (guard) => {
    const app = fastify();
    app.get("/", fastifyHealthHandler(guard));
    onTestFinished(() => app.close());
    return app.listen({ host: "127.0.0.1", port: 0 });
  },
};

async function overRedis(options: GuardOptions = {}) {
  const redis = await startRedis({ password });
  const store = redisStore(redis.url, { commandTimeoutMs: 200 });
  const guard = createGuard({ store, logger: quiet, ...options });
  onTestFinished(async () => {
    if (redis.running) redis.resume();
    await guard.close({ timeoutMs: 0 });
    await store.close();
  });
  return { redis, guard };
}

describe.each(Object.entries(servers))("%s", (_, open) => {
  test("answers 200 while all is well, 200 while degraded, and says why, without a secret", async () => {
    const { redis, guard } = await overRedis();
    const url = await open(guard);
    const well = await fetch(url);
    expect([well.status, well.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(well.headers.get("content-type")).toBe("application/json; charset=utf-8");
    const body = await well.text();
    expect(JSON.parse(body)).toMatchObject({
      status: "ok",
      mode: "shared",
      store: { reachable: true },
      problems: [],
    });
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(Number(head.headers.get("content-length"))).toBeGreaterThan(100);
    redis.pause();
    const frozen = await fetch(url);
    expect([frozen.status, ((await frozen.json()) as { status: string }).status]).toEqual([200, "degraded"]);
    redis.resume();
    await redis.kill();
    const dead = await fetch(url);
    const said = await dead.text();
    expect([dead.status, JSON.parse(said)]).toMatchObject([
      200,
      { status: "degraded", store: { reachable: false } },
    ]);
    expect(body + said).not.toContain(password);
  });

  test("answers 503 when nothing is sent without the store", async () => {
    const { redis, guard } = await overRedis({ whenStoreDown: "reject" });
    const url = await open(guard);
    await redis.kill();
    const answer = await fetch(url);
    expect([answer.status, await answer.json()]).toMatchObject([503, { status: "down" }]);
  });
});

describe("the handler", () => {
  test("tells of several guards the worst", async () => {
    const { redis, guard } = await overRedis({ whenStoreDown: "reject" });
    const url = await serve(healthHandler([createGuard(), guard]));
    expect(await (await fetch(url)).json()).toMatchObject({
      status: "ok",
      guards: [{ mode: "embedded" }, { mode: "shared" }],
    });
    await redis.kill();
    const answer = await fetch(url);
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { status: "down", guards: [{ status: "ok" }, { status: "down" }] },
    ]);
  });

  test("takes a degraded process out of service if told so, and a closed one in any case", async () => {
    const { redis, guard } = await overRedis();
    const url = await serve(healthHandler(guard, { degradedIs: 503 }));
    await redis.kill();
    expect((await fetch(url)).status).toBe(503);
    const embedded = createGuard();
    const other = await serve(healthHandler(embedded));
    expect((await fetch(other)).status).toBe(200);
    await embedded.close();
    expect((await fetch(other)).status).toBe(503);
  });

  test("gives up a guard that does not tell in time", async () => {
    const guard = createGuard();
    vi.spyOn(guard, "health").mockReturnValue(new Promise(() => {}));
    const answer = await fetch(await serve(healthHandler(guard, { timeoutMs: 50 })));
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ status: "down", problems: [expect.stringContaining("50 ms")] });
  });

  test("answers nothing else", async () => {
    const answer = await fetch(await serve(healthHandler(createGuard())), { method: "POST" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("refuses options that there are not", () => {
    const guard = createGuard();
    expect(() => healthHandler(guard, { timeoutMs: 0 })).toThrow(/timeoutMs/);
    expect(() => healthHandler(guard, { degradedIs: 500 as 503 })).toThrow(/degradedIs/);
    expect(() => fastifyHealthHandler(guard, { timeout: 1 } as never)).toThrow(/unknown option `timeout`/);
  });
});
