import { readFileSync } from "node:fs";

/** Where a panel stands on the grid of 24 columns. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** What the tests look at in a panel. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: Place;
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition: string }[] };
}

const file = new URL("../../grafana/sendonce.json", import.meta.url);

/** grafana/sendonce.json as text. */
export const dashboardText = readFileSync(file, "utf8");

/** grafana/sendonce.json. */
export const dashboard = JSON.parse(dashboardText) as Dashboard;

/** A query of the dashboard, and where it stands. */
export interface Query {
  readonly panel: string;
  readonly expr: string;
}

/** All queries, as they are written. */
export const queries: readonly Query[] = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ refId, expr }) => ({ panel: `${title} (${refId})`, expr })),
);

/** A query as Grafana asks it: variables filled in. */
export const filledIn = (expr: string, values: Readonly<Record<string, string>>): string =>
  expr.replaceAll(/\$(\w+)/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the dashboard has no variable $${name}`);
    return value;
  });
