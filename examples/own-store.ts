/**
 * A store of your own, for a bot on one machine that has no Redis and shall not forget when it is restarted: every step
 * is written to a file before it is taken, and taken again when the file is opened. It keeps all laws of the port.
 *
 *     npx tsx examples/own-store.ts
 */
import { appendFileSync } from "node:fs";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeContract } from "@sendonce/core/testing";
import { createEmulator } from "@sendonce/emulator";
import {
  createGuard,
  delivery,
  deliveryOf,
  install,
  memoryStore,
  type Store,
  systemClock,
} from "@sendonce/grammy";
import { Api } from "grammy";

/** The verbs that change something. Repeated with the same arguments, times included, they come to the same. */
type Change = "admit" | "renew" | "settle" | "freeze" | "reset";
/** One line of the file. */
interface Step {
  readonly atUs: number;
  readonly verb: Change;
  readonly args: readonly unknown[];
}

const nowUs = () => Math.round(systemClock.now() * 1_000);
const timed = <Request extends { readonly nowUs?: number | undefined }>(request: Request): Request => ({
  ...request,
  nowUs: request.nowUs ?? nowUs(),
});

/** For one process at a time. The file outlives it, and grows until it is opened again; a power cut may cost its end. */
class JournalStore implements Store {
  readonly name = "journal";
  readonly embedded = true; // in this process: it cannot be away while the bot is there
  readonly #memory = memoryStore();

  private constructor(readonly file: string) {}

  /** Takes all steps again, but for those that are older than anything is remembered: a day, unless told otherwise. */
  static async open(file: string, rememberedMs = 25 * 3_600_000): Promise<JournalStore> {
    const store = new JournalStore(file);
    const text = await readFile(file, { encoding: "utf8", flag: "a+" });
    const lines = text.split("\n").slice(0, -1); // what follows the last line's end is half a line, or nothing
    const steps = lines.map((line) => JSON.parse(line) as Step);
    const recent = steps.filter(({ atUs }) => atUs > nowUs() - 1_000 * rememberedMs);
    await writeFile(`${file}.new`, recent.map(lineOf).join(""));
    await rename(`${file}.new`, file);
    for (const { verb, args } of recent) await Reflect.apply(store.#memory[verb], store.#memory, args);
    return store;
  }

  #step<Verb extends Change>(verb: Verb, ...args: Parameters<Store[Verb]>): ReturnType<Store[Verb]> {
    appendFileSync(this.file, lineOf({ atUs: nowUs(), verb, args }));
    return Reflect.apply(this.#memory[verb], this.#memory, args);
  }

  admit: Store["admit"] = (request) => this.#step("admit", timed(request));
  renew: Store["renew"] = (request) => this.#step("renew", timed(request));
  settle: Store["settle"] = (request) => this.#step("settle", timed(request));
  freeze: Store["freeze"] = (request) => this.#step("freeze", timed(request));
  reset: Store["reset"] = (bot, what) => this.#step("reset", bot, what);

  inspect: Store["inspect"] = (bot, record, now) => this.#memory.inspect(bot, record, now);
  stats: Store["stats"] = (request) => this.#memory.stats(request);
  sweep: Store["sweep"] = (now) => this.#memory.sweep(now);
  ping: Store["ping"] = () => this.#memory.ping();
  close: Store["close"] = () => this.#memory.close();
}

const lineOf = (step: Step) => `${JSON.stringify(step)}\n`;

// Everything above is a store as you would write it. This is what it has to keep, and a bot that is restarted:
const folder = await mkdtemp(join(tmpdir(), "journal-"));
const laws: { readonly name: string; readonly run: () => Promise<void> }[] = [];
storeContract(
  (name, run) => laws.push({ name, run }), // `test` of vitest, jest or node:test has this shape
  () => JournalStore.open(join(folder, `law-${laws.length}`)),
);
const broken: string[] = [];
for (const { name, run } of laws)
  await run().catch((error: Error) => broken.push(`${name}: ${error.message}`));
console.log(`Laws broken: ${broken.length === 0 ? "none" : broken.join("\n")}`);

const telegram = createEmulator();
const { url: apiRoot } = await telegram.listen();
for (const start of ["first", "second"]) {
  const guard = createGuard({ store: await JournalStore.open(join(folder, "bot")) });
  const api = install(new Api("4242:local", { apiRoot }), guard);
  const message = await api.sendMessage("@harbour_news", "Storm tonight", { ...delivery({ key: "storm" }) });
  console.log(`${start} start: ${deliveryOf(message)?.replayed ? "had been sent" : "sent"}`);
  await guard.close();
}
console.log(`Received: ${telegram.ledger.count()}`);
await telegram.close();
await rm(folder, { recursive: true });

/* Prints:
Laws broken: none
first start: sent
second start: had been sent
Received: 1
*/
