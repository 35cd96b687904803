import { Hono } from "hono";
import type { Fault, FaultHandle } from "../faults/fault.js";
import type { Ledger } from "../ledger/ledger.js";
import type { Limits, LimitsOption } from "../limits/numbers.js";
import type { Saying } from "../updates/say.js";
import type { EmulatedUpdate } from "../updates/update.js";
import type { BotRef } from "../world/bots.js";

/** What can be done to a running emulator from another process. */
export interface ControlPlane {
  readonly ledger: Ledger;
  readonly limits: Limits;
  setLimits(change: LimitsOption): Limits;
  fault(fault: Fault): FaultHandle;
  clearFaults(): void;
  say(bot: BotRef, saying: Saying): EmulatedUpdate;
  deliver(bot: BotRef, update: Record<string, unknown>): EmulatedUpdate;
  pending(bot: BotRef): number;
}

/** The routes under `/_emulator`, JSON in and out. */
export function controlRoutes(control: ControlPlane): Hono {
  const { ledger } = control;
  const routes = new Hono();
  // a web page may reach 127.0.0.1 through its visitor's browser, which then names the page
  routes.use(async (c, next) => {
    if (c.req.header("origin") !== undefined)
      return c.json({ ok: false, description: "not for web pages" }, 403);
    return next();
  });
  routes.get("/health", (c) => c.json({ ok: true }));
  routes.get("/ledger", (c) => {
    const chat = c.req.query("chat");
    const filter = chat === undefined ? {} : { chat };
    return c.json({
      received: ledger.received(chat),
      doubled: ledger.doubled(),
      requests: ledger.requests(filter),
      floods: ledger.floods(filter),
      duringFlood: ledger.duringFlood(filter),
    });
  });
  routes.delete("/ledger", (c) => {
    ledger.clear();
    return c.json({ ok: true });
  });
  routes.get("/deliveries/:bot", (c) => c.json(ledger.deliveries(c.req.param("bot"))));
  routes.get("/pending/:bot", (c) => c.json({ pending: control.pending(c.req.param("bot")) }));
  routes.post("/faults", async (c) => {
    const { times, ...fault } = (await c.req.json()) as Omit<Fault, "times"> & { times?: number | "always" };
    const counted = times === "always" ? Number.POSITIVE_INFINITY : times;
    return c.json(
      { id: control.fault({ ...fault, ...(counted === undefined ? {} : { times: counted }) } as Fault).id },
      201,
    );
  });
  routes.delete("/faults", (c) => {
    control.clearFaults();
    return c.json({ ok: true });
  });
  routes.get("/limits", (c) => c.json(control.limits));
  routes.patch("/limits", async (c) => c.json(control.setLimits((await c.req.json()) as LimitsOption)));
  routes.post("/say", async (c) => {
    const { bot, ...saying } = (await c.req.json()) as Saying & { bot: BotRef };
    return c.json(control.say(bot, saying));
  });
  routes.post("/updates", async (c) => {
    const { bot, update } = (await c.req.json()) as { bot: BotRef; update: Record<string, unknown> };
    return c.json(control.deliver(bot, update));
  });
  routes.onError((error, c) => c.json({ ok: false, description: error.message }, 400));
  return routes;
}
