import { createRequire } from "node:module";
import { Command, InvalidArgumentError, Option } from "commander";
import { buckets } from "./commands/buckets.js";
import { doctor } from "./commands/doctor.js";
import { duplicates } from "./commands/duplicates.js";
import { inspect } from "./commands/inspect.js";
import { reset } from "./commands/reset.js";
import { resolve } from "./commands/resolve.js";
import { stats } from "./commands/stats.js";
import { sweep } from "./commands/sweep.js";
import { tail } from "./commands/tail.js";
import { top } from "./commands/top.js";
import { type Context, type GlobalOptions, within } from "./context.js";
import { redacted } from "./redacted.js";
import { presetNames } from "./rules-in-force.js";

const manifest = createRequire(import.meta.url)("@sendonce/cli/package.json") as { readonly version: string };

/** The whole command line. @param done told the exit code of the command that ran */
export function program(done: (code: number) => void): Command {
  const root = new Command("sendonce")
    .description("Looks after what Sendonce keeps in Redis. Reads only, unless a command says otherwise.")
    .version(manifest.version)
    .option("--redis <url>", "redis://… or rediss://…; better REDIS_URL, which no list of processes shows")
    .option("--bot <id>", "the bot's id: the number before the colon of its token")
    .option("--namespace <name>", "the guard's option `namespace`, in place of --bot")
    .option("--tls-ca <file>", "PEM file of the authority that signed the certificate of Redis")
    .option("--json", "machine-readable output")
    .option("--no-color", "no colours (also: NO_COLOR)")
    .option("--max-keys <n>", "keys that a scan may look at", whole, 200_000)
    .option("--scan-rate <n>", "keys that a scan looks at in a second", whole, 20_000)
    .configureOutput({
      writeOut: (text) => process.stdout.write(text),
      writeErr: (text) => process.stderr.write(redacted(text)),
    })
    .showHelpAfterError("(sendonce --help shows how it is used)")
    .exitOverride()
    .addHelpText(
      "after",
      "\nExit codes: 0 fine · 1 a problem was found · 2 wrong use · 3 Redis could not be used (not reachable, login or TLS refused)",
    );
  const run = (command: (context: Context) => Promise<number>) =>
    within(root.opts<GlobalOptions>(), command).then(done);
  addReaders(root, run);
  addRecords(root, run);
  addWriters(root, run);
  addLive(root, run);
  return root;
}

type Run = (command: (context: Context) => Promise<number>) => Promise<void>;

function addReaders(root: Command, run: Run): void {
  root
    .command("doctor")
    .description(
      "checks connection, version, permissions, eviction, persistence, replicas, clock; says what to change",
    )
    .action(() => run(doctor));
  root
    .command("stats")
    .description("bots, records by state, rules, caps, memory")
    .action(() => run(stats));
  root
    .command("buckets")
    .argument("[chat]", "a chat's id or @name; without it the rules of the whole bot")
    .description("the rules that a message pays: free, wait, freeze, rate in force")
    .addOption(new Option("--limits <preset>", "the preset that the bot uses").choices([...presetNames]))
    .action((chat, options) => run((context) => buckets(context, chat, options)));
  root
    .command("duplicates")
    .description("how many duplicates were not sent, and where (needs the guard's option publish: true)")
    .option("--hours <n>", "how far back, at most 168", hours, 24)
    .action((options) => run((context) => duplicates(context, options)));
}

function addRecords(root: Command, run: Run): void {
  named(root.command("inspect").argument("[key]", "the `key` of a log line or an event"))
    .description("the life of one record, without text")
    .action((key, options) => run((context) => inspect(context, key, options)));
  named(root.command("resolve").argument("[key]", "the `key` of a log line or an event"))
    .description("ends the doubt about an ambiguous record (writes)")
    .option("--sent", "the message is in the chat: a call with this key is answered without sending")
    .option("--not-sent", "it is not: the next call with this key sends")
    .action((key, options) => run((context) => resolve(context, key, options)));
}

/** Ways to name a record by what its id is made of. */
const named = (command: Command): Command =>
  command
    .option("--given <key>", "the key that was given as delivery({ key })")
    .option("--chat <id>", "the chat of that call")
    .option("--operation <key>", "a key of guard.idempotency")
    .option("--update <id>", "the claim of an update_id")
    .option("--secret-file <file>", "the idempotency.secret, one a line, if the bot has one");

function addWriters(root: Command, run: Run): void {
  named(root.command("reset"))
    .description("forgets a record, the rules of a chat, or everything of a bot (writes)")
    .option("--key <key>", "the record of this `key`")
    .option("--all", "everything that the bot has here")
    .option("--records", "with --all: only records")
    .option("--rules", "with --all: only rules")
    .option("--dry-run", "only shows what would be forgotten")
    .option("--yes", "does not ask")
    .action((options) => run((context) => reset(context, options)));
  root
    .command("sweep")
    .description("finds keys of ours without expiry, records past their time, values that are not ours")
    .option("--yes", "mends them (writes)")
    .action((options) => run((context) => sweep(context, options)));
}

function addLive(root: Command, run: Run): void {
  root
    .command("tail")
    .description("live events (needs the guard's option publish: true)")
    .option("--event <names>", "only these, separated by commas: sent,replayed,refused …", list)
    .option("--method <names>", "only these methods", list)
    .option("--count <n>", "ends after so many", whole)
    .option("--for <seconds>", "ends after so many seconds", seconds)
    .action((options) => run((context) => tail(context, options)));
  root
    .command("top")
    .description("live view: rate, waits, floods, duplicates, mode, busiest chats (needs publish: true)")
    .option("--once", "prints one frame and ends")
    .option("--for <seconds>", "with --once: listens so long first", seconds, 3)
    .action((options) => run((context) => top(context, options)));
}

const list = (text: string): string[] => text.split(",").map((word) => word.trim());

function whole(text: string): number {
  if (/^\d{1,12}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new InvalidArgumentError("It must be a whole number, at least 1.");
}

function hours(text: string): number {
  const value = whole(text);
  if (value <= 168) return value;
  throw new InvalidArgumentError("Counters are kept for a week: at most 168.");
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value <= 86_400) return value;
  throw new InvalidArgumentError("It must be a number of seconds above 0.");
}
