import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** An alert as grafana/alerts.yml writes it. */
export interface Alert {
  readonly name: string;
  readonly expr: string;
  /** The lines below its name. */
  readonly text: string;
}

/** Where the rules and their tests are. */
export const rulesFile = fileURLToPath(new URL("../../grafana/alerts.yml", import.meta.url));
export const rulesTestFile = fileURLToPath(new URL("../../grafana/alerts.test.yml", import.meta.url));

/** The alerts, read by the manner in which the file is written; promtool reads it as YAML. */
export const alerts: readonly Alert[] = readFileSync(rulesFile, "utf8")
  .split("      - alert: ")
  .slice(1)
  .map((text) => {
    const [name = ""] = text.split("\n");
    const [, expr = ""] = /\n {8}expr: (?:>-)?([\s\S]*?)\n {8}(?:for|labels):/.exec(text) ?? [];
    return { name, expr: expr.replaceAll(/\s+/g, " ").trim(), text };
  });

/** A heading's anchor, as Markdown pages have it. */
export const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, "")
    .replaceAll(/\s/g, "-");
