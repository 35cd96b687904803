import { describe, expect, test } from "vitest";
import { defaults, presets } from "../../packages/core/src/defaults.js";
import {
  type BucketRule,
  telegramLimits,
  type WindowRule,
} from "../../packages/emulator/src/limits/numbers.js";
import { read } from "../house/repository.js";
import { guides } from "./pages.js";

/** A number, and the words in which pages tell it. */
interface Told {
  readonly is: number;
  readonly words: readonly RegExp[];
}

const { idempotency, maxWaitMs, flood, close, broadcast } = defaults;
const seconds = (ms: number): number => ms / 1_000;
const minutes = (ms: number): number => ms / 60_000;
const hours = (ms: number): number => ms / 3_600_000;
const days = (ms: number): number => ms / 86_400_000;

const told: Readonly<Record<string, Told>> = {
  "the patience of a call outside an update": {
    is: seconds(maxWaitMs.outside),
    words: [/(\d[\d,]*) s (?:outside an update|elsewhere)/],
  },
  "the patience of a call inside an update": {
    is: seconds(maxWaitMs.inside),
    words: [
      /(\d[\d,]*) s inside (?:one|an update)/,
      /nside an update a call waits \**(\d[\d,]*) s at most/,
      /the patience of a reply, (\d[\d,]*) s/,
    ],
  },
  "how long content and keys are remembered": {
    is: minutes(idempotency.ttlMs),
    words: [/`(?:idempotency\.)?ttlMs`,? \(?(\d[\d,]*) min/],
  },
  "how long an update's answers are remembered": {
    is: hours(idempotency.updateTtlMs),
    words: [/`(?:idempotency\.)?updateTtlMs`,? \(?(\d[\d,]*) h\b/],
  },
  "how often a 429 is tried again": {
    is: flood.retries,
    words: [/`flood\.retries`(?: times)? \((\d[\d,]*)\)/],
  },
  "the lease of an open request": {
    is: seconds(defaults.leaseMs),
    words: [
      /(\d[\d,]*) s, renewed every/,
      /(?:claim|lease) (?:of|ends) (\d[\d,]*) s/,
      /until the lease is over, (\d[\d,]*) s at most/,
      /equests that it had open are held for (\d[\d,]*) s/,
    ],
  },
  "how often a lease is renewed": {
    is: seconds(defaults.renewEveryMs),
    words: [/renewed every (\d[\d,]*) s/],
  },
  "the grace of a reserved turn": {
    is: seconds(defaults.graceMs),
    words: [/turns that it had reserved are taken over (\d[\d,]*) s/],
  },
  "how long a duplicate of an update is held": {
    is: seconds(defaults.holdUpdateMs),
    words: [
      /second delivery is held for (\d[\d,]*) s at most/,
      /until that one ends \((\d[\d,]*) s at most\)/,
      /update that is being handled \| (\d[\d,]*) s/,
    ],
  },
  "the margin of a window's place": {
    is: defaults.marginMs,
    words: [/SENDING mark, and (\d[\d,]*) ms more/],
  },
  "what closing gives to open requests": {
    is: seconds(close.timeoutMs),
    words: [/`guard\.close\(\)` \|.*`timeoutMs` \((\d[\d,]*) s\)/],
  },
  "how long a broadcast remembers": {
    is: days(broadcast.ttlMs),
    words: [/`ttlMs`,? \(?(\d[\d,]*) days/, /the broadcast's id \| (\d[\d,]*) days/],
  },
  "the patience with a command to Redis": {
    is: inSource("redis/connection.ts", /commandTimeoutMs \?\? ([\d_]+)/),
    words: [/`commandTimeoutMs` \((\d[\d,]*) ms\)/],
  },
  "the patience with a first connection": {
    is: seconds(inSource("redis/connection.ts", /connectTimeoutMs \?\? ([\d_]+)/)),
    words: [/`connectTimeoutMs` \((\d[\d,]*) s\)/],
  },
  "the patience of a health check": {
    is: inSource("health/health-answer.ts", /defaultTimeoutMs = ([\d_]+)/),
    words: [/it said nothing for `timeoutMs` \((\d[\d,]*)\)/],
  },
  "how much a store in memory holds": {
    is: inSource("store/memory.ts", /maxRecords = ([\d_]+)/),
    words: [/(\d[\d,]*) records \(`memoryStore/, /(\d[\d,]*) records, in this process alone/],
  },
  "how much a process keeps beside Redis": {
    is: inSource("store/failover.ts", /mostRemembered = ([\d_]+)/),
    words: [/the last (\d[\d,]*) rec/, /its own last (\d[\d,]*) rec/],
  },
};

/** A default that stands in the code that it belongs to. */
function inSource(path: string, pattern: RegExp): number {
  const [, number = ""] = pattern.exec(read(`packages/core/src/${path}`)) ?? [];
  return Number(number.replaceAll("_", ""));
}

describe("defaults that pages tell in passing", () => {
  const sayings = Object.entries(told).flatMap(([what, { is, words }]) =>
    words.map((said) => ({ what, is, said })),
  );

  test.each(sayings)("$what is $is: $said", ({ is, said }) => {
    const found = guides.flatMap((page) =>
      [...read(page).matchAll(new RegExp(said, "g"))].map(([, number = ""]) => ({
        page,
        is: number.replace(",", ""),
      })),
    );
    expect(found, "nobody tells it in these words any more").not.toEqual([]);
    expect(found.filter((one) => Number(one.is) !== is)).toEqual([]);
  });

  test("half an hour and a day, in words", () => {
    expect([minutes(idempotency.ttlMs), hours(idempotency.updateTtlMs)]).toEqual([30, 24]);
    expect(read("README.md")).toContain("within half an hour are one message");
    expect(read("docs/faq.md")).toContain(
      "half an hour outside an update and for keys of your own, a day inside an update",
    );
  });

  test("docs/limits.md: what the rules hold", () => {
    const rows = read("docs/limits.md").split("\n");
    const row = (name: string) => rows.find((line) => line.startsWith(`| \`${name}\` |`)) ?? "";
    const { chat, group, bulk, global, paid } = presets.conservative;
    expect(row("chat")).toContain(
      `bucket: ${chat.capacity} at once, then 1 each ${Math.round(1 / chat.refillPerSecond)} s`,
    );
    expect(row("chat")).toContain(
      `bucket: ${presets.official.chat.capacity} at once, then ${presets.official.chat.refillPerSecond} a second`,
    );
    expect(row("group")).toContain(`window: ${group.limit} in any ${seconds(group.perMs)} s`);
    for (const [name, rule] of Object.entries({ bulk, global, paid }))
      expect(row(name)).toContain(`bucket: ${rule.capacity} at once, ${rule.refillPerSecond} a second`);
  });

  test("README.md: groups and the bot", () => {
    const { group, global } = presets.conservative;
    const pace = `${group.limit} messages in any ${seconds(group.perMs)} seconds, and the whole bot to ${global.refillPerSecond} a second`;
    expect(read("README.md")).toContain(pace);
  });

  test("packages/emulator/README.md: Telegram's limits", () => {
    const { group, ...buckets } = telegramLimits();
    const { limit, perMs } = group as WindowRule;
    const page = read("packages/emulator/README.md").replace(/ +/g, " ");
    expect(page).toContain(`| \`group\` | ${limit} in any ${seconds(perMs)} s |`);
    for (const name of ["chat", "bot", "paid"] as const) {
      const { capacity, refillPerSecond } = buckets[name] as BucketRule;
      expect(page).toContain(`| \`${name}\` | ${capacity}, then ${refillPerSecond}/s |`);
    }
  });

  test("docs/broadcast.md: the pace", () => {
    const { bulk, global, paid } = presets.conservative;
    const pace = `the rules \`bulk\` (${bulk.refillPerSecond} a second) and \`global\` (${global.refillPerSecond} a second)`;
    expect(read("docs/broadcast.md")).toContain(pace);
    expect(read("docs/broadcast.md")).toContain(
      `\`paid\` (${paid.refillPerSecond.toLocaleString("en")} a second)`,
    );
    expect(read("docs/broadcast.md")).toContain(
      `\`priority\` is \`${broadcast.priority}\` unless told otherwise`,
    );
  });
});
