import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { AdapterFiles } from "./adapter-binding.js";
import type { AdapterBench } from "./bench.js";
import type { AdapterLaw } from "./law.js";
import type { LawBot, Message } from "./law-bot.js";

const content = (words: string) => Buffer.from(words);
const filesOf = (bench: AdapterBench) => bench.binding.files as Required<AdapterFiles>;
const bytes = (bench: AdapterBench, words: string) => filesOf(bench).bytes(content(words), "law.txt");
const stream = (bench: AdapterBench) =>
  filesOf(bench).stream(Readable.from([content("some "), content("bytes")]), "law.txt");
const document = (bot: LawBot, file: unknown, extra: object = {}) =>
  bot.call<Message>("sendDocument", { chat_id: 7, document: file, ...extra });

/** Sizes of the documents that arrived. */
const sizes = (bench: AdapterBench) =>
  bench.telegram.ledger.received(7).map(({ payload }) => (payload.document as { size?: number }).size);

/** Files, by whatever way the framework takes them. */
export const fileLaws: readonly AdapterLaw[] = [
  {
    name: "files: the same bytes go out once, in every process; other bytes are another file",
    needs: ["bytes"],
    async run(bench) {
      const [bot, other] = [await bench.bot(), await bench.bot()];
      const first = await bench.run(document(bot, bytes(bench, "report")));
      for (const one of [bot, other]) {
        const again = await bench.run(document(one, bytes(bench, "report")));
        equal(again.message_id, first.message_id);
        equal(again.document?.file_id, first.document?.file_id);
      }
      await bench.run(document(bot, bytes(bench, "another report")));
      deepEqual(sizes(bench), [6, 14]);
    },
  },
  {
    name: "files: captions and keyboards beside a file are content",
    needs: ["bytes"],
    async run(bench) {
      const bot = await bench.bot();
      const keyboard = (text: string) => ({ inline_keyboard: [[{ text, callback_data: "x" }]] });
      const send = (caption: string, text: string) =>
        bench.run(document(bot, bytes(bench, "report"), { caption, reply_markup: keyboard(text) }));
      await send("May", "Read");
      await send("May", "Read");
      await send("June", "Read");
      await send("June", "Open");
      equal(bench.requests("sendDocument"), 3);
      deepEqual(bench.texts(7), ["May", "June", "June"]);
    },
  },
  {
    name: "files: one on disk is what it holds",
    needs: ["path"],
    async run(bench) {
      const bot = await bench.bot();
      await inFolder(async (folder) => {
        const path = join(folder, "law.txt");
        for (const words of ["report", "report", "longer report"]) {
          await writeFile(path, words);
          await bench.run(document(bot, filesOf(bench).path(path)));
        }
      });
      deepEqual(sizes(bench), [6, 13]);
    },
  },
  {
    name: "files: one on disk that is missing sends nothing, and goes out once it is there",
    needs: ["path"],
    async run(bench) {
      const bot = await bench.bot();
      await inFolder(async (folder) => {
        const path = join(folder, "law.txt");
        await bench.failure(document(bot, filesOf(bench).path(path)));
        await writeFile(path, "report");
        await bench.run(document(bot, filesOf(bench).path(path)));
      });
      deepEqual(sizes(bench), [6]);
    },
  },
  {
    name: "files: one that the framework fetches goes out once",
    needs: ["url"],
    async run(bench) {
      const bot = await bench.bot();
      await served("report", async (href) => {
        for (let i = 0; i < 2; i++) await bench.run(document(bot, filesOf(bench).url(href)));
      });
      deepEqual(sizes(bench), [6]);
    },
  },
  {
    name: "files: one by its file id or address goes out once",
    needs: ["bytes"],
    async run(bench) {
      const [alone, bot] = [await bench.alone(), await bench.bot()];
      const sent = await bench.run(document(alone, bytes(bench, "report")));
      for (const file of [sent.document?.file_id, "https://example.com/report.pdf"]) {
        for (let i = 0; i < 2; i++) await bench.run(document(bot, file));
      }
      equal(bench.requests("sendDocument"), 3);
    },
  },
  {
    name: "files: a stream goes out whole each time, and an event says that nobody compares it",
    needs: ["stream"],
    async run(bench) {
      const bot = await bench.bot();
      for (let i = 0; i < 2; i++) await bench.run(document(bot, stream(bench)));
      deepEqual(sizes(bench), [10, 10]);
      equal(bot.events("unguarded").length, 2);
    },
  },
  {
    name: "files: a stream inside an update is recognised by its place",
    needs: ["stream"],
    async run(bench) {
      const bot = await bench.bot();
      bot.handler = async ({ call }) => {
        await call("sendDocument", { chat_id: 7, document: stream(bench) });
        if (bot.runs === 1) throw new Error("again, please");
      };
      const update = bench.update();
      await bench.failure(bot.handle(update));
      await bench.run(bot.handle(update));
      deepEqual(sizes(bench), [10]);
    },
  },
  {
    name: "files: a stream is never sent empty: after a 429 it goes out whole, or the 429 is handed over",
    needs: ["stream"],
    async run(bench) {
      const bot = await bench.bot();
      bench.fault({ method: "sendDocument", kind: "429", retryAfter: 2 });
      const [outcome] = await bench.run(Promise.allSettled([document(bot, stream(bench))]));
      if (outcome.status === "fulfilled") return deepEqual(sizes(bench), [10]);
      const said = bench.binding.errorOf(outcome.reason);
      equal(said.kind === "api" && said.error_code, 429);
      equal(bench.requests("sendDocument"), 1);
    },
  },
  {
    name: "files: bytes go out whole after a 429, once",
    needs: ["bytes"],
    async run(bench) {
      const bot = await bench.bot();
      bench.fault({ method: "sendDocument", kind: "429", retryAfter: 2 });
      await bench.run(document(bot, bytes(bench, "report")));
      deepEqual(sizes(bench), [6]);
      equal(bench.requests("sendDocument"), 2);
    },
  },
  {
    name: "files: an album of bytes goes out once; one other picture makes another album",
    needs: ["bytes"],
    async run(bench) {
      const [bot, other] = [await bench.bot(), await bench.bot()];
      const album = (...names: string[]) => ({
        chat_id: 7,
        media: names.map((name) => ({ type: "photo", media: bytes(bench, name), caption: name })),
      });
      for (const one of [bot, bot, other]) await bench.run(one.call("sendMediaGroup", album("a", "b")));
      await bench.run(bot.call("sendMediaGroup", album("a", "c")));
      deepEqual(bench.texts(7), ["a", "b", "a", "c"]);
      equal(bench.requests("sendMediaGroup"), 2);
    },
  },
  {
    name: "files: a thumbnail is uploaded, and is content",
    needs: ["bytes"],
    async run(bench) {
      const bot = await bench.bot();
      for (const thumb of ["thumb", "thumb", "another"]) {
        const thumbnail = filesOf(bench).bytes(content(thumb), "thumb.jpg");
        await bench.run(document(bot, bytes(bench, "report"), { thumbnail }));
      }
      equal(bench.requests("sendDocument"), 2);
      const wire = bench.tap.text();
      for (const uploaded of ["report", "thumb", "another"]) ok(wire.includes(uploaded), uploaded);
    },
  },
];

/** Runs `work` with a folder of its own. */
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "adapter-law-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs `work` while a file is to be had over HTTP. */
async function served(words: string, work: (href: string) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => response.end(words));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/report.txt`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
