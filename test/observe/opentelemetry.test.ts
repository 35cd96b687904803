import { context, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { createGuard, type GuardOptions, measures, type Reply } from "@sendonce/core";
import { observe } from "@sendonce/core/opentelemetry";
import { VirtualClock } from "@sendonce/core/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

const delivered: Reply = { type: "response", body: { ok: true, result: { message_id: 1 } } };
const flood: Reply = {
  type: "response",
  body: { ok: false, error_code: 429, description: "Too Many Requests", parameters: { retry_after: 2 } },
};
const lost: Reply = { type: "failure", error: new Error("canary lost"), code: "ECONNRESET" };
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

/** A guard in virtual time, traced; sends answer as told, then deliver. */
function traced(options: GuardOptions = {}, sampled = true) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(sampled ? {} : { sampler: new AlwaysOffSampler() }),
  });
  const tracer = provider.getTracer("test");
  const clock = new VirtualClock();
  const guard = createGuard({ clock, logger: quiet, ...options });
  const stop = observe(guard, { tracer, meter: false });
  onTestFinished(stop);
  const requests: (Span | undefined)[] = [];
  const say = (text: string, ...answers: Reply[]) =>
    clock.run(
      guard.run({ bot: "4242", method: "sendMessage", payload: { chat_id: 777000111, text } }, async () => {
        tracer.startSpan("http").end();
        requests.push(trace.getActiveSpan());
        return answers.shift() ?? delivered;
      }),
    );
  const spans = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name);
  return { tracer, guard, say, spans, requests, stop, exporter };
}

describe("spans", () => {
  test("stand around a call, whose HTTP request is their child", async () => {
    const { tracer, say, spans } = traced();
    await tracer.startActiveSpan("handler", async (outer) => {
      await say("canary-text");
      outer.end();
    });
    const [handler] = spans("handler");
    const [send] = spans("sendonce.send");
    const [http] = spans("http");
    expect(send?.parentSpanContext?.spanId).toBe(handler?.spanContext().spanId);
    expect(http?.parentSpanContext?.spanId).toBe(send?.spanContext().spanId);
    expect(send?.attributes).toEqual({
      "messaging.system": "telegram",
      "sendonce.bot": "4242",
      "sendonce.method": "sendMessage",
      "sendonce.status": "sent",
      "sendonce.scope": "content",
      "sendonce.attempts": 1,
      "sendonce.waited_ms": 0,
    });
    expect(send?.status.code).toBe(SpanStatusCode.UNSET);
  });

  test("tell of floods, waits and retries, each request their child", async () => {
    const { say, spans } = traced();
    await say("a", flood);
    const [send] = spans("sendonce.send");
    expect(send?.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ["sendonce.freeze", { "sendonce.rule": "chat", "sendonce.ms": 2_000 }],
      ["sendonce.wait", { "sendonce.rule": "chat", "sendonce.ms": expect.closeTo(2_000, 0) }],
      ["sendonce.retry", { "sendonce.attempt": 2 }],
    ]);
    expect(spans("http").map((http) => http.parentSpanContext?.spanId)).toEqual(
      [1, 2].map(() => send?.spanContext().spanId),
    );
    expect(send?.attributes).toMatchObject({ "sendonce.attempts": 2, "sendonce.status": "sent" });
  });

  test("are errors where nobody knows, and where the same is asked for again", async () => {
    const { say, spans } = traced();
    await say("a", lost);
    await say("a");
    expect(
      spans("sendonce.send").map(({ status, attributes }) => [status, attributes["error.type"]]),
    ).toEqual([
      [{ code: SpanStatusCode.ERROR, message: "unknown" }, "unknown"],
      [{ code: SpanStatusCode.ERROR, message: "ambiguous" }, "ambiguous"],
    ]);
  });

  test("end with what is thrown, without its words", async () => {
    const { guard, spans } = traced({
      priority: () => {
        throw new RangeError("canary");
      },
    });
    const call = { bot: "4242", method: "sendMessage", payload: { chat_id: 1, text: "a" } };
    await expect(guard.run(call, async () => delivered)).rejects.toThrow("canary");
    const [send] = spans("sendonce.send");
    expect([send?.status, send?.attributes["error.type"], send?.events]).toEqual([
      { code: SpanStatusCode.ERROR },
      "RangeError",
      [],
    ]);
  });

  test("are none for what is passed through", async () => {
    const { guard, spans } = traced();
    await guard.run({ bot: "4242", method: "getUpdates", payload: {} }, async () => delivered);
    await guard.run({ bot: "4242", method: "getMe", payload: {} }, async () => delivered);
    expect(spans("sendonce.send")).toEqual([]);
  });

  test("that are not sampled keep those within from being so", async () => {
    const { say, spans, requests } = traced({}, false);
    await say("a");
    expect(spans("sendonce.send")).toEqual([]);
    expect(requests[0]?.isRecording()).toBe(false);
    expect(requests[0]?.spanContext().traceId).toMatch(/[1-9a-f]/);
  });

  test("hold no text, chat, key or token", async () => {
    const { say, exporter } = traced();
    const { key } = await say("canary-text", flood, lost);
    const told = JSON.stringify(
      exporter
        .getFinishedSpans()
        .map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
    );
    expect(told).not.toMatch(/canary|777000111/);
    expect(told).not.toContain(key);
  });

  test("end when the observation ends", async () => {
    const { say, spans, stop } = traced();
    stop();
    await say("a");
    expect(spans("sendonce.send")).toEqual([]);
  });
});

describe("metrics", () => {
  test("are those of Prometheus, under OpenTelemetry's names", async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ readers: [reader] });
    onTestFinished(() => provider.shutdown());
    const guard = createGuard({ logger: quiet, clock: new VirtualClock() });
    const stop = observe(guard, { meter: provider.getMeter("test"), tracer: false });
    const call = { bot: "4242", method: "sendMessage", payload: { chat_id: 5, text: "a" } };
    for (let time = 0; time < 3; time++) await guard.run(call, async () => delivered);
    await reader.forceFlush();
    const [resource] = exporter.getMetrics().slice(-1);
    const shown = new Map(
      resource?.scopeMetrics.flatMap(({ metrics }) => metrics).map((one) => [one.descriptor.name, one]),
    );
    const points = (name: string) =>
      shown.get(name)?.dataPoints.map(({ attributes, value }) => [attributes, value]);
    expect(points("sendonce.sent")).toEqual([
      [{ "sendonce.bot": "4242", "sendonce.method": "sendMessage" }, 1],
    ]);
    expect(points("sendonce.duplicates.prevented")).toEqual([
      [{ "sendonce.bot": "4242", "sendonce.scope": "content", "sendonce.method": "sendMessage" }, 2],
    ]);
    expect(points("sendonce.store.up")).toEqual([[{}, 1]]);
    expect(points("sendonce.rate_limit.in_use")).toContainEqual([
      { "sendonce.bot": "4242", "sendonce.rule": "global" },
      1,
    ]);
    const names = Object.values(measures).map(({ otel }) => otel);
    expect([...shown.keys()].filter((name) => !names.includes(name as never))).toEqual([]);
    stop();
  });
});

test("without an SDK nothing is recorded, and sends go as ever", async () => {
  const guard = createGuard({ logger: quiet });
  const stop = observe(guard);
  const call = { bot: "4242", method: "sendMessage", payload: { chat_id: 5, text: "a" } };
  expect((await guard.run(call, async () => delivered)).status).toBe("sent");
  stop();
});
