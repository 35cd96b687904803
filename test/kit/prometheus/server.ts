import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../redis/ports.js";
import { warden } from "../redis/warden.js";
import { providePrometheus } from "./provide.js";

/** What a Prometheus of the tests' own scrapes and evaluates. */
export interface PrometheusOptions {
  readonly job: string;
  /** `host:port` of each /metrics. */
  readonly targets: readonly string[];
  /** Paths of files with alert rules. */
  readonly rules?: readonly string[];
  /** Also how long a scrape may take. @default "2s" */
  readonly scrapeInterval?: string;
}

/** A series of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus on a free port of 127.0.0.1. */
export class PrometheusServer {
  readonly url: string;
  readonly #dir: string;
  readonly #process: ChildProcess;

  private constructor(url: string, dir: string, child: ChildProcess) {
    this.url = url;
    this.#dir = dir;
    this.#process = child;
  }

  /** Starts it; it ends by `stop`, and in any case with this process. @throws PrometheusMissing */
  static async launch(options: PrometheusOptions): Promise<PrometheusServer> {
    const { prometheus } = await providePrometheus();
    const dir = mkdtempSync(join(warden().folder, "prometheus-"));
    const address = `127.0.0.1:${await freePort()}`;
    const file = join(dir, "prometheus.json");
    writeFileSync(file, JSON.stringify(configuration(options)));
    const log = openSync(join(dir, "log"), "a");
    const child = spawn(
      prometheus,
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(dir, "data")}`,
        `--web.listen-address=${address}`,
        "--log.level=warn",
      ],
      { stdio: ["ignore", log, log], detached: true },
    );
    closeSync(log);
    warden().watch(child);
    const server = new PrometheusServer(`http://${address}`, dir, child);
    await server.#ready();
    return server;
  }

  /** An instant query, as Grafana asks it. @throws Error with Prometheus's words when it does not understand it */
  async query(expr: string): Promise<readonly Sample[]> {
    const answer = await this.#ask(`/api/v1/query?${new URLSearchParams({ query: expr })}`);
    const { result } = answer as { result: { metric: Record<string, string>; value: [number, string] }[] };
    return result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
  }

  /** All series that a selector finds, each with its labels as JSON. */
  async series(selector: string): Promise<readonly string[]> {
    const found = await this.#ask(`/api/v1/series?${new URLSearchParams({ "match[]": selector })}`);
    return (found as object[]).map((labels) => JSON.stringify(labels));
  }

  /** The names of the alerts that are pending or firing. */
  async alerts(): Promise<ReadonlySet<string>> {
    const { alerts } = (await this.#ask("/api/v1/alerts")) as { alerts: { labels: { alertname: string } }[] };
    return new Set(alerts.map(({ labels }) => labels.alertname));
  }

  /** How the scrapes of the targets went last: "" for one that went well, else why not. */
  async scrapeErrors(): Promise<readonly string[]> {
    const { activeTargets } = (await this.#ask("/api/v1/targets")) as {
      activeTargets: { health: string; lastError: string }[];
    };
    return activeTargets.map(({ health, lastError }) => (health === "up" ? "" : lastError || health));
  }

  /** Ends the process and removes what it kept. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) {
      const gone = once(this.#process, "exit");
      this.#process.kill("SIGKILL");
      await gone;
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #ask(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`);
    const body = (await response.json()) as { status: string; data: unknown; error?: string };
    if (body.status !== "success") throw new Error(`Prometheus: ${body.error} (${path})`);
    return body.data;
  }

  async #ready(): Promise<void> {
    const until = performance.now() + 15_000;
    while (performance.now() < until && this.#process.exitCode === null) {
      const ready = await fetch(`${this.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return;
      await sleep(50);
    }
    const log = readFileSync(join(this.#dir, "log"), "utf8");
    await this.stop();
    throw new Error(`prometheus does not get ready:\n${log}`);
  }
}

/** JSON is YAML. */
const configuration = ({ job, targets, rules = [], scrapeInterval = "2s" }: PrometheusOptions) => ({
  global: { scrape_interval: scrapeInterval, scrape_timeout: scrapeInterval, evaluation_interval: "1s" },
  rule_files: rules,
  scrape_configs: [{ job_name: job, static_configs: [{ targets }] }],
});
