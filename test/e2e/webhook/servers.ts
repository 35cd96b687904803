import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { GuardedUpdates } from "@sendonce/core";
import express from "express";
import fastify from "fastify";
import { onTestFinished } from "vitest";

/** What a webhook does with an update. */
export type Handle = (update: { update_id: number; message?: { text?: string } }) => Promise<unknown>;

/** A web server whose one route is the webhook; answers where. */
export type OpenServer = (once: GuardedUpdates, handle: Handle) => Promise<string>;

/** As one writes it on each server: see examples/webhook-*.ts. */
export const servers: Readonly<Record<string, OpenServer>> = {
  async "node:http"(once, handle) {
    const server = createServer(async (request, response) => {
      try {
        const update = JSON.parse((await buffer(request)).toString());
        const { status, headers } = await once(update, () => handle(update));
        response.writeHead(status, headers).end();
      } catch {
        response.writeHead(500).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  },

  async express(once, handle) {
    const app = express();
    app.post("/", express.json(), async (request, response) => {
      const { status, headers } = await once(request.body, () => handle(request.body));
      response.status(status).set(headers).end();
    });
    // Express would print what is meant to fail here.
    app.use(
      ((_error, _request, response, _next) => void response.status(500).end()) as express.ErrorRequestHandler,
    );
    const server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  },

  async fastify(once, handle) {
    const app = fastify();
    app.post("/", async (request, reply) => {
      const update = request.body as Parameters<Handle>[0];
      const { status, headers } = await once(update, () => handle(update));
      return reply.code(status).headers(headers).send();
    });
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    onTestFinished(async () => {
      app.server.closeAllConnections();
      await app.close();
    });
    return `${url}/`;
  },
};
