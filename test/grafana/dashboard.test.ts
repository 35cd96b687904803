import { describe, expect, test } from "vitest";
import { dashboard, dashboardText, filledIn, type Panel, queries } from "./dashboard.js";
import { exportedMetrics, exportedSeries } from "./exported.js";
import { readQuery } from "./promql.js";

const series = exportedSeries();
const values = { bot: ".*", job: ".*", __rate_interval: "1m", __range: "6h" };
const asked = queries.map(({ panel, expr }) => ({ panel, expr, ...readQuery(filledIn(expr, values)) }));

const rows = dashboard.panels.filter(({ type }) => type === "row");
const panels = dashboard.panels.filter(({ type }) => type !== "row");

describe("grafana/sendonce.json", () => {
  test.for(asked)("$panel asks for series that exist", ({ metrics }) => {
    expect(metrics.length).toBeGreaterThan(0);
    for (const metric of metrics) expect([...series.keys()]).toContain(metric);
  });

  test.for(asked)("$panel asks by labels that they have", ({ labels }) => {
    for (const { label, metrics } of labels) {
      for (const metric of metrics)
        expect({ metric, labels: [...series.get(metric)!] }).toMatchObject({
          labels: expect.arrayContaining([label]),
        });
    }
  });

  test("a query that is none, or asks for what is not there, would be found", () => {
    expect(() => readQuery("sum(rate(sendonce_sent_total[5m])")).toThrow("no PromQL at");
    const { metrics, labels } = readQuery('sum by (chat) (rate(x_total{bot="1"}[5m])) / y');
    expect(metrics).toEqual(["x_total", "y"]);
    expect(labels).toEqual([
      { label: "chat", metrics: ["x_total"] },
      { label: "bot", metrics: ["x_total"] },
    ]);
  });

  test("every metric of the package is on it", () => {
    const shown = new Set(asked.flatMap(({ metrics }) => metrics));
    const suffixes = ["", "_bucket", "_count", "_sum"];
    const missing = exportedMetrics().filter((name) => !suffixes.some((suffix) => shown.has(name + suffix)));
    expect(missing).toEqual([]);
  });

  test("no panel stands on another or beyond the edge", () => {
    for (const [i, one] of dashboard.panels.entries()) {
      expect(one.gridPos.x + one.gridPos.w, one.title).toBeLessThanOrEqual(24);
      for (const other of dashboard.panels.slice(i + 1))
        expect(overlap(one, other), `${one.title} and ${other.title}`).toBe(false);
    }
  });

  test("every panel has an id of its own and says what to do", () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { title, description = "" } of panels) expect(description.length, title).toBeGreaterThan(60);
  });

  test("the first row answers whether all is well, at one look", () => {
    const [first, second] = rows;
    expect(first?.title).toBe("Is it fine?");
    const stats = panels.filter(({ gridPos: { y } }) => y < second!.gridPos.y);
    expect(new Set(stats.map(({ type }) => type))).toEqual(new Set(["stat"]));
    expect(new Set(stats.map(({ gridPos: { y } }) => y)).size).toBe(1);
  });

  test("goes into any Grafana: the data source is asked for, bot and job are variables", () => {
    const { __inputs: inputs } = JSON.parse(dashboardText);
    expect(inputs).toMatchObject([{ name: "DS_PROMETHEUS", pluginId: "prometheus" }]);
    const uids = [...dashboardText.matchAll(/"uid": "([^"]*)"/g)].map(([, uid]) => uid);
    expect(new Set(uids)).toEqual(new Set(["$".concat("{DS_PROMETHEUS}"), dashboard.uid]));
    expect(dashboard.templating.list.map(({ name }) => name).sort()).toEqual(["bot", "job"]);
    for (const { expr, panel } of queries) expect(expr, panel).toContain("$job");
  });
});

const overlap = ({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
