import { type Context, Hono } from "hono";
import type { Served } from "../environment.js";
import { failure } from "../serving/answer.js";
import { ApiError } from "../world/api-error.js";
import { readCall, tooLarge } from "./body.js";
import { controlRoutes } from "./control.js";
import type { Line } from "./line.js";
import { reply } from "./reply.js";

/** What every request carries: the line to its client. */
export type Bindings = { line: Line };

type App = Hono<{ Bindings: Bindings }>;

/** Both Telegrams: the Bot API, files and control plane of each, below `path`. */
export function createApp({ production, test }: { production: Served; test: Served }, path: string): App {
  const app: App = new Hono<{ Bindings: Bindings }>().basePath(path);
  serve(app, test, "/test");
  serve(app, production, "");
  app.notFound((c) => reply(notFound(), c.env.line));
  app.onError((error, c) => reply(failure(asApiError(error)), c.env.line));
  return app;
}

/** `branch` stands where Telegram has it: after the token. */
function serve(app: App, { server, world, environment }: Served, branch: string): void {
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

  app.route(`/_emulator${branch}`, controlRoutes(environment));
  app.all(`/:bot{bot[^/]*}${branch}/:method`, answerCall);
  app.get(`/file/:bot{bot[^/]*}${branch}/:path{.+}`, (c) => {
    world.bots.authorize(tokenOf(c.req.param("bot") as string));
    const file = world.files.find((c.req.param("path") as string).replace(/^files\//, ""));
    if (!file?.bytes) return reply(notFound(), c.env.line);
    return c.body(Uint8Array.from(file.bytes).buffer, 200, { "content-type": "application/octet-stream" });
  });
}

const notFound = () => failure(new ApiError(404, "Not Found"));

const tokenOf = (segment: string) => segment.slice("bot".length);

const asApiError = (error: unknown) =>
  error instanceof ApiError ? error : new ApiError(500, "Internal Server Error");
