import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { promtool } from "../kit/prometheus/provide.js";
import { dashboardText } from "./dashboard.js";
import { exportedSeries } from "./exported.js";
import { readQuery } from "./promql.js";
import { alerts, anchorOf, rulesFile, rulesTestFile } from "./rules.js";

// Where there is no Prometheus, its installation comes first.
const installing = { timeout: 120_000 };

const docs = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
const anchors = () =>
  [...docs("troubleshooting.md").matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) => anchorOf(text));
const runbooksIn = (text: string) =>
  [...text.matchAll(/docs\/troubleshooting\.md#([\w-]+)/g)].map(([, to = ""]) => to);

describe("grafana/alerts.yml", () => {
  test("promtool finds no fault with it", installing, async () => {
    expect(await promtool("check", "rules", rulesFile)).toContain(`SUCCESS: ${alerts.length} rules found`);
  });

  test("every alert fires when it should and keeps quiet when it should", installing, async () => {
    expect(await promtool("test", "rules", rulesTestFile)).toContain("SUCCESS");
    const tested = readFileSync(rulesTestFile, "utf8");
    for (const { name } of alerts) {
      expect(tested.match(new RegExp(`alertname: ${name}\\n\\s+exp_alerts: \\[\\]`)) ?? name).not.toBe(name);
      expect(tested.match(new RegExp(`alertname: ${name}\\n\\s+exp_alerts:(?! \\[)`)) ?? name).not.toBe(name);
    }
  });

  test.for(alerts)("$name asks for what is exported", ({ expr }) => {
    const series = new Map(exportedSeries()).set("up", new Set(["job", "instance"]));
    const { metrics, labels } = readQuery(expr);
    expect(metrics.length).toBeGreaterThan(0);
    for (const metric of metrics) expect([...series.keys()]).toContain(metric);
    for (const { label, metrics: subjects } of labels)
      for (const metric of subjects) expect([...series.get(metric)!], metric).toContain(label);
  });

  test.for(alerts)("$name tells what happened, what it means and where to read on", ({ text }) => {
    expect(text).toMatch(/summary: .{15,}/);
    expect(text).toMatch(/description: [\s\S]{60,}/);
    expect(runbooksIn(text)).toHaveLength(1);
  });

  test("what alerts and panels point to is in the troubleshooting guide", () => {
    const named = new Set([...alerts.flatMap(({ text }) => runbooksIn(text)), ...runbooksIn(dashboardText)]);
    expect(anchors()).toEqual(expect.arrayContaining([...named]));
  });
});
