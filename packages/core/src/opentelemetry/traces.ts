import {
  context,
  createContextKey,
  INVALID_TRACEID,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { Call, Delivery, Send } from "../call.js";
import type { Guard } from "../guard.js";
import { methodLabel } from "../metrics/labels.js";
import type { EventName, Listener } from "../observe/events.js";

/** Under it a context holds the span of the call that runs in it: the active span may be somebody else's by then. */
const ours = createContextKey("sendonce.send");

/**
 * A span around each call that the guard handles, from the asking to the answer; what the HTTP client traces is its
 * child. Waits, floods and retries are its events. Answers what ends it.
 */
export function traceCalls(guard: Guard, tracer: Tracer): () => void {
  const options = spanOptions();
  const stops = [
    guard.around(function traced(call, send, run) {
      const span = tracer.startSpan("sendonce.send", options(call.method));
      if (span.isRecording()) return recorded(span, call, send, run);
      // There is no SDK: nothing to know.
      if (span.spanContext().traceId === INVALID_TRACEID) return run(send);
      // Not sampled: those within must know that too.
      return context.with(trace.setSpan(context.active(), span), () => run(send));
    }),
    ...spanEvents(guard),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

type Run = (send: Send) => Promise<Delivery>;

async function recorded(span: Span, call: Call, send: Send, run: Run): Promise<Delivery> {
  const within = trace.setSpan(context.active(), span).setValue(ours, span);
  span.setAttribute("sendonce.bot", call.bot);
  let requests = 0;
  const traced: Send = (signal) => {
    requests++;
    if (requests > 1) span.addEvent("sendonce.retry", { "sendonce.attempt": requests });
    return context.with(within, () => send(signal));
  };
  try {
    const delivery = await context.with(within, () => run(traced));
    tell(span, delivery);
    return delivery;
  } catch (error) {
    // Whose message it is, nobody knows: it may hold anything.
    span.setAttribute("error.type", (error as Error)?.name ?? "unknown");
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** How the call ended. What its caller is told as an error is one here, unless the caller called it off. */
function tell(span: Span, delivery: Delivery): void {
  const { status, scope, attempts, waitedMs } = delivery;
  span.setAttributes({
    "sendonce.status": status,
    "sendonce.scope": scope,
    "sendonce.attempts": attempts,
    "sendonce.waited_ms": waitedMs,
  });
  if (status === "sent" || status === "replayed" || status === "aborted") return;
  const type = status === "failed" ? delivery.outcome : status;
  span.setAttribute("error.type", type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
}

function spanEvents(guard: Guard): (() => void)[] {
  const on = <Name extends EventName>(name: Name, listener: Listener<Name>) => guard.on(name, listener);
  const note = (name: string, rule: string, ms: number) =>
    (context.active().getValue(ours) as Span | undefined)?.addEvent(name, {
      "sendonce.rule": rule,
      "sendonce.ms": ms,
    });
  return [
    on("wait", ({ rule, waitMs }) => note("sendonce.wait", rule, waitMs)),
    on("freeze", ({ rule, retryAfterMs }) => note("sendonce.freeze", rule, retryAfterMs)),
  ];
}

/** Made once per method: a span that nobody records costs no objects. */
function spanOptions(): (method: string) => SpanOptions {
  const made = new Map<string, SpanOptions>();
  return (method) => {
    const label = methodLabel(method);
    const known = made.get(label);
    if (known) return known;
    const options = {
      kind: SpanKind.CLIENT,
      attributes: { "messaging.system": "telegram", "sendonce.method": label },
    };
    made.set(label, options);
    return options;
  };
}
