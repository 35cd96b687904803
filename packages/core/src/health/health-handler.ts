import type { IncomingMessage, ServerResponse } from "node:http";
import type { Guard } from "../guard.js";
import { type HealthOptions, healthAnswer } from "./health-answer.js";

/** A listener for `node:http`, which is a handler for express too. Never rejects. */
export type HealthHandler = (
  request: Pick<IncomingMessage, "method">,
  response: Pick<ServerResponse, "writeHead" | "end">,
) => Promise<void>;

/** The part of fastify's reply that is used. */
export interface FastifyReplyLike {
  code(status: number): FastifyReplyLike;
  headers(headers: Record<string, string>): FastifyReplyLike;
  send(body: string): unknown;
}

/**
 * Answers how guards are: 200, or 503 when one is down, with what `guard.health()` says as JSON. Each answer costs
 * the store a handful of commands. It tells the name and the server version of the store and no secret; still, it is
 * for those who run the bot.
 *
 * @throws ConfigurationError when an option is wrong
 * @example
 * http.createServer(healthHandler(guard)).listen(8081);
 * @example
 * app.get("/healthz", healthHandler(guard)); // express
 */
export function healthHandler(guards: Guard | readonly Guard[], options: HealthOptions = {}): HealthHandler {
  const answer = healthAnswer(guards, options);
  return async function health({ method = "GET" }, response) {
    if (method !== "GET" && method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" }).end();
      return;
    }
    const { status, headers, body } = await answer();
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
    response.end(method === "HEAD" ? undefined : body);
  };
}

/**
 * {@link healthHandler} for fastify, which answers HEAD where there is a GET.
 *
 * @throws ConfigurationError when an option is wrong
 * @example
 * app.get("/healthz", fastifyHealthHandler(guard));
 */
export function fastifyHealthHandler(
  guards: Guard | readonly Guard[],
  options: HealthOptions = {},
): (request: unknown, reply: FastifyReplyLike) => Promise<unknown> {
  const answer = healthAnswer(guards, options);
  return async function health(_request, reply) {
    const { status, headers, body } = await answer();
    return reply
      .code(status)
      .headers({ ...headers })
      .send(body);
  };
}
