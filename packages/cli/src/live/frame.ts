import type pc from "picocolors";
import { clockTime, span } from "../spans.js";
import type { BotView, View } from "./watch.js";

/** How large the terminal is, and what surrounds the view. */
export interface FrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly redis: string;
  readonly now: number;
  readonly paint: ReturnType<typeof pc.createColors>;
  /** Free tokens of the bot-wide rule, by bot, where they are known. */
  readonly tokens: ReadonlyMap<string, string>;
}

/** One picture of what happens, cut to the terminal. */
export function frame(view: View, options: FrameOptions): string {
  const { columns, rows, paint } = options;
  const head = headOf(view, options);
  const bots = botLines(view, options);
  const room = Math.max(0, rows - 1 - head.length - 2);
  const shownBots = bots.slice(0, Math.max(2, room - 6));
  const lower = lowerLines(view, columns, Math.max(0, room - shownBots.length - 1));
  const lines = [...head, "", ...shownBots, "", ...lower].slice(0, rows - 1);
  const [title = "", ...rest] = lines.map((line) => cut(line, columns));
  return [paint.bold(title), ...rest.map((line) => highlighted(line, paint))].join("\n");
}

function headOf(view: View, { redis, now, columns }: FrameOptions): string[] {
  const { modes, processes, open, waiting, bots, ambiguous } = view;
  const rate = ratePer(view.seconds);
  const mode = [...modes].map(([name, count]) => `${name} (${count})`).join(", ") || "nobody tells anything";
  const all = (of: (bot: BotView) => number) => bots.reduce((sum, bot) => sum + of(bot), 0);
  const waits = all(({ waits }) => waits);
  const average = waits === 0 ? "" : `average ${span(all(({ waitMs }) => waitMs) / waits)}`;
  const floods = all(({ floods }) => floods);
  const frozen = floods === 0 ? "" : `${span(all(({ frozenMs }) => frozenMs))} to wait`;
  const line = (name: string, count: number, more = "") =>
    `${name.padEnd(12)}${rate(count).padStart(8)}  ${more}`;
  return [
    spread(`sendonce top  ${redis}`, `${clockTime(now)} UTC  q quits`, columns),
    `mode ${mode}   processes ${processes}   open ${open}   waiting ${waiting}`,
    "",
    line(
      "sent",
      all(({ sent }) => sent),
      sparkline(view.perSecond.slice(-Math.max(10, columns - 24))),
    ),
    line(
      "duplicates",
      all(({ duplicates }) => duplicates),
      "not sent",
    ),
    line("waits", waits, average),
    line("floods", floods, frozen),
    line(
      "refused",
      all(({ refused }) => refused),
    ),
    `${"ambiguous".padEnd(12)}${String(ambiguous).padStart(6)}    since this began`,
  ];
}

function botLines({ bots, seconds }: View, { tokens }: FrameOptions): string[] {
  const rate = ratePer(seconds);
  const columns = (cells: readonly string[]) =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(20) : cell.padStart(10))).join("");
  const head = columns(["bot", "sent", "duplicate", "waits", "floods", "refused", "free"]);
  if (bots.length === 0) return [head, "nothing heard yet: guards tell with the option publish: true"];
  const lines = bots.map(({ bot, sent, duplicates, waits, floods, refused }) =>
    columns([cut(bot, 19), ...[sent, duplicates, waits, floods, refused].map(rate), tokens.get(bot) ?? "-"]),
  );
  return [head, ...lines];
}

/** Chats at the left, events at the right. */
function lowerLines({ chats, events }: View, columns: number, room: number): string[] {
  const left = 26;
  const chatLines =
    chats === undefined
      ? ["not told: publish:", "{ chats: true }"]
      : chats.map(([chat, perSecond]) => `${cut(chat, 16).padEnd(17)}${perSecond.toFixed(1)}/s`);
  const eventLines = [...events]
    .reverse()
    .map(({ at, event, method = "", scope = "", rule = "" }) =>
      [clockTime(at), event, method, scope, rule].filter((word) => word !== "").join(" "),
    );
  const rows = Math.min(room - 1, Math.max(chatLines.length, eventLines.length));
  const both = (one = "", other = "") => cut(`${cut(one, left - 2).padEnd(left)}${other}`, columns).trimEnd();
  const lines = Array.from({ length: Math.max(0, rows) }, (_, at) => both(chatLines[at], eventLines[at]));
  return room < 2 ? [] : [both("busiest chats", "events"), ...lines];
}

/** Of counts over the view's window. */
const ratePer =
  (seconds: number) =>
  (count: number): string =>
    `${(count / seconds).toFixed(1)}/s`;

const blocks = "▁▂▃▄▅▆▇█";

function sparkline(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  return values.map((value) => blocks[Math.ceil((value / most) * (blocks.length - 1))]).join("");
}

const spread = (left: string, right: string, columns: number): string =>
  `${left}${" ".repeat(Math.max(2, columns - left.length - right.length))}${right}`;

const cut = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text;

/** Heads of tables stand out; everything else is as the terminal has it. */
const highlighted = (line: string, paint: FrameOptions["paint"]): string =>
  /^(bot |busiest chats)/.test(line) ? paint.dim(line) : line;
