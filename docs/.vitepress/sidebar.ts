import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DefaultTheme } from "vitepress";
import { repository } from "./places.js";

type Item = DefaultTheme.SidebarItem;

const page = (text: string, link: string): Item => ({ text, link });

/** The guides, in the order in which one needs them. */
export const guides: Item[] = [
  {
    text: "Start",
    items: [
      page("Overview and options", "/readme"),
      page("The first hour", "/first-hour"),
      page("Concepts", "/concepts"),
      page("Examples", "/examples"),
      page("Questions", "/faq"),
    ],
  },
  {
    text: "Guides",
    items: [
      page("Keys and scope", "/keys-and-scope"),
      page("Limits", "/limits"),
      page("Floods", "/floods"),
      page("Webhooks and long handlers", "/waiting"),
      page("Broadcasts", "/broadcast"),
      page("Caps and queues", "/caps"),
      page("When Redis is away", "/modes"),
      page("Redis", "/redis"),
      page("Plugins of grammY", "/plugins"),
      page("Plugins of Telegraf", "/plugins-telegraf"),
      page("Migrating", "/migrating"),
      page("Places", "/places"),
      page("Testing your bot", "/testing"),
      page("The parts alone", "/parts"),
    ],
  },
  {
    text: "In production",
    items: [
      page("Logs, metrics, health", "/observability"),
      page("Dashboard and alerts", "/grafana"),
      page("The operator's tool", "/cli"),
      page("Troubleshooting", "/troubleshooting"),
      page("Reliability", "/reliability"),
      page("Performance", "/performance"),
      page("Security", "/security"),
      page("Where it runs", "/support"),
    ],
  },
  {
    text: "Packages",
    items: ["grammy", "telegraf", "core", "prometheus", "cli", "emulator"].map((name) =>
      page(`@sendonce/${name}`, `/packages/${name}`),
    ),
  },
  {
    text: "How it is made",
    items: [
      page("Architecture", "/architecture"),
      page("Decisions", "/decisions"),
      page("What Redis is asked", "/scripts"),
      page("Mutation testing", "/mutation"),
    ],
  },
];

interface Entry {
  readonly title: string;
  readonly path: string;
}

/**
 * The packages of the API reference, as TypeDoc lists them; each page of a package lists what is in it. A list of
 * everything would be on every page, and make the site twenty times as large. Empty before the reference was made.
 */
export function reference(): Item[] {
  const list = join(repository, "docs", "api", "navigation.json");
  if (!existsSync(list)) return [];
  const entries = JSON.parse(readFileSync(list, "utf8")) as Entry[];
  return [{ text: "API", items: entries.map(({ title, path }) => page(title, `/api/${addressOf(path)}`)) }];
}

const addressOf = (path: string): string => path.replace(/(index)?\.md$/, "");
