import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sendonce } from "../cli/sendonce.js";
import { type RunningDemo, startDemo } from "../e2e/running-demo.js";
import { canariesIn } from "../kit/canaries/canaries.js";
import { PrometheusServer, type Sample } from "../kit/prometheus/server.js";
import { RedisServer, startRedis } from "../kit/redis/server.js";
import { eventually } from "../kit/telegram.js";
import { filledIn, queries } from "./dashboard.js";

const values = { bot: ".*", job: "demo", __rate_interval: "8s", __range: "5m" };

/** Panels whose zero is good news: the demo's town provokes every one of them. */
const provoked = [
  "Outcomes unknown, 1 h",
  "429s per request, 5 m",
  "Refused, 15 m",
  "Duplicates prevented",
  "Stars not spent twice",
  "Updates dropped per minute",
  "Waits for a turn, by rule",
  "Refusals by code, per minute",
  "Floods per minute, by rule",
  "Seconds frozen per second, by rule",
  "Unknown outcomes per minute, by method",
  "Errors by class, per minute",
  "Sent without deduplication, per minute",
  "Updates left unfinished, per minute",
];

/** The rules as they are, looked at each second instead of four times a minute. */
function quickRules(dir: string): string {
  const rules = readFileSync(new URL("../../grafana/alerts.yml", import.meta.url), "utf8");
  const file = join(dir, "alerts.yml");
  writeFileSync(file, rules.replace("interval: 15s", "interval: 1s"));
  return file;
}

const targetsOf = (output: string): string[] => output.match(/127\.0\.0\.1:\d+(?=")/g) ?? [];

describe("the demo with --observe, scraped by a real Prometheus", () => {
  const password = "hunter2-that/nobody:may@read";
  let redis: RedisServer;
  let demo: RunningDemo;
  let prometheus: PrometheusServer;
  beforeAll(async () => {
    redis = await RedisServer.launch({ password, persistence: true });
    demo = startDemo({ REDIS_URL: redis.url }, "--observe=80");
    await eventually(
      () => targetsOf(demo.output()).length === 3,
      "the demo tells where its metrics are",
      20_000,
    );
    const rules = [quickRules(redis.dir)];
    prometheus = await PrometheusServer.launch({ job: "demo", targets: targetsOf(demo.output()), rules });
  }, 150_000);
  afterAll(async () => {
    demo.child.kill("SIGKILL");
    await prometheus?.stop();
    await redis.stop();
  });

  /** Asks until the answer is as wanted. */
  async function answers(expr: string, wanted: (samples: readonly Sample[]) => boolean): Promise<void> {
    let samples: readonly Sample[] = [];
    const until = performance.now() + 25_000;
    while (performance.now() < until) {
      samples = await prometheus.query(filledIn(expr, values));
      if (wanted(samples)) return;
      await pause(250);
    }
    expect.fail(`${expr} answers ${JSON.stringify(samples)}`);
  }

  const brings = (expr: string) => answers(expr, (samples) => samples.some(({ value }) => value >= 0));
  const shows = (expr: string, value: number) =>
    answers(expr, (samples) => samples.length > 0 && samples.every((one) => one.value === value));
  const rises = (expr: string) => answers(expr, (samples) => samples.some(({ value }) => value > 0));

  async function warns(...names: string[]): Promise<void> {
    const until = performance.now() + 15_000;
    for (;;) {
      const alerts = await prometheus.alerts();
      if (names.every((name) => alerts.has(name))) return;
      if (performance.now() > until) expect.fail(`of ${names} only ${[...alerts]} are there`);
      await pause(250);
    }
  }

  test("every query of the dashboard brings data", { timeout: 60_000 }, async () => {
    await Promise.all(queries.map(({ expr }) => brings(expr)));
    expect(await prometheus.scrapeErrors()).toEqual(["", "", ""]);
  });

  test("what goes wrong in its town shows, on each panel whose zero is good news", {
    timeout: 60_000,
  }, async () => {
    const bad = queries.filter(({ panel }) => provoked.some((title) => panel.startsWith(title)));
    expect(bad.length).toBeGreaterThanOrEqual(provoked.length);
    await Promise.all(bad.map(({ expr }) => rises(expr)));
  });

  test("and is warned of", async () => {
    await warns("SendonceAmbiguousOutcomes", "SendonceFloods", "SendonceRefusals");
  });

  test("no metric and no answer of the operator's tool holds a token, a password, a text or a chat", async () => {
    const series = await prometheus.series('{job="demo"}');
    expect(series.length).toBeGreaterThan(100);
    const answers = await Promise.all(
      [
        ["stats"],
        ["duplicates"],
        ["buckets"],
        ["doctor"],
        ["sweep"],
        ["tail", "--for", "1"],
        ["top", "--once"],
      ].map((args) => sendonce(redis.url, ...args, "--json")),
    );
    for (const said of [...series, ...answers.flatMap(({ out, err }) => [out, err])]) {
      expect(canariesIn(said)).toEqual([]);
      expect(said).not.toMatch(/You said|hello|Edition|ticket|Price/);
    }
    for (const one of series) expect(one).not.toMatch(/@ticker|@shop|"-?[145]\d{3}"/);
  });

  test("a store that is lost shows and is warned of, and so does its return", {
    timeout: 60_000,
  }, async () => {
    await shows("min(sendonce_store_up)", 1);
    await redis.kill();
    await Promise.all([
      shows("min(sendonce_store_up)", 0),
      shows('min(sendonce_store_mode{mode="local"})', 1),
      rises("sum(sendonce_outcomes_owed)"),
      rises('sum(sendonce_errors_total{class="store"})'),
      warns("SendonceStoreAway"),
    ]);
    await redis.restart();
    await Promise.all([shows("min(sendonce_store_up)", 1), shows("sum(sendonce_outcomes_owed)", 0)]);
  });

  test("Ctrl-C ends it; no key, process or secret is left", async () => {
    demo.child.kill("SIGINT");
    const { output } = await demo.ended;
    expect(output).toMatch(/People received \d+ messages/);
    expect(output).not.toContain("hunter2");
    expect(await redis.client().dbsize()).toBe(0);
    for (const target of targetsOf(output)) await expect(fetch(`http://${target}/metrics`)).rejects.toThrow();
  });
});

describe("the demo with --observe", () => {
  test("ends by itself when its time is over; nobody got anything twice", { timeout: 60_000 }, async () => {
    const redis = await startRedis();
    const { code, output } = await startDemo({ REDIS_URL: redis.url }, "--observe=4").ended;
    expect(output).toContain("nothing doubled");
    expect(code, output).toBe(0);
    expect(await redis.client().dbsize()).toBe(0);
  });

  test.for([
    [{}, "--observe", "set REDIS_URL"],
    [
      { REDIS_URL: "redis://127.0.0.1:1" },
      "--observe=soon",
      "whole seconds from 1 to 3600, as in --observe=600",
    ],
  ] as const)("what it lacks is one line that names the remedy: %o %s", async ([env, flag, remedy]) => {
    const { code, output } = await startDemo(env, flag).ended;
    expect(code).toBe(1);
    expect(output).toMatch(/^demo: .*\n$/);
    expect(output).toContain(remedy);
  });
});
