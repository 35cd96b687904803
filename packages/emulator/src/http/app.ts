import { type Context, Hono } from "hono";
import { failure } from "../serving/answer.js";
import type { BotServer } from "../serving/bot-server.js";
import { ApiError } from "../world/api-error.js";
import type { World } from "../world/world.js";
import { readCall, tooLarge } from "./body.js";
import { type ControlPlane, controlRoutes } from "./control.js";
import type { Line } from "./line.js";
import { reply } from "./reply.js";

/** What every request carries: the line to its client. */
export type Bindings = { line: Line };

/** The Bot API, its files and the control plane, over HTTP or in this process. */
export function createApp(
  server: BotServer,
  world: World,
  control: ControlPlane,
): Hono<{ Bindings: Bindings }> {
  const app = new Hono<{ Bindings: Bindings }>();
  const notFound = () => failure(new ApiError(404, "Not Found"));

  const answerCall = (c: Context<{ Bindings: Bindings }>) => {
    const { line } = c.env;
    const { bot, method } = c.req.param() as { bot: string; method: string };
    if (tooLarge(c.req.raw)) return reply(failure(new ApiError(413, "Request Entity Too Large")), line);
    return server.exchanges.during(async (exchange) => {
      const stopListening = line.onHangUp(() => exchange.interrupt("gone"));
      const answer = await server.handle(tokenOf(bot), method, () => readCall(c.req.raw), exchange);
      stopListening();
      return reply(answer, line);
    });
  };

  app.route("/_emulator", controlRoutes(control));
  app.all("/:bot{bot[^/]*}/:method", answerCall);
  app.all("/:bot{bot[^/]*}/test/:method", answerCall);
  app.get("/file/:bot{bot[^/]*}/:path{.+}", (c) => {
    world.bots.authorize(tokenOf(c.req.param("bot")));
    const file = world.files.find(c.req.param("path").replace(/^files\//, ""));
    if (!file?.bytes) return reply(notFound(), c.env.line);
    return c.body(Uint8Array.from(file.bytes).buffer, 200, { "content-type": "application/octet-stream" });
  });
  app.notFound((c) => reply(notFound(), c.env.line));
  app.onError((error, c) => reply(failure(asApiError(error)), c.env.line));
  return app;
}

const tokenOf = (segment: string) => segment.slice("bot".length);

const asApiError = (error: unknown) =>
  error instanceof ApiError ? error : new ApiError(500, "Internal Server Error");
