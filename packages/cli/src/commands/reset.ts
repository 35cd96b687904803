import { theBot } from "../bots.js";
import type { Context } from "../context.js";
import { exitCodes, Stop, wrongUse } from "../exit.js";
import { type RecordOptions, recordIds } from "../record-id.js";
import { scan } from "../scan.js";

/** What is to be forgotten. */
export interface ResetOptions extends RecordOptions {
  readonly key?: string;
  readonly all?: boolean;
  readonly records?: boolean;
  readonly rules?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

interface Forgotten {
  readonly records: string[];
  readonly rules: string[];
}

/** Deleted by one command. */
const atOnce = 200;

/** Forgets a record, the rules of a chat, or what is kept of a bot. */
export async function reset(context: Context, options: ResetOptions): Promise<number> {
  const { session, screen } = context;
  const bot = await theBot(context);
  const chosen = await choose({ ...context, bot }, options);
  const says = `${chosen.records.length} records and ${chosen.rules.length} rules of bot ${bot}`;
  if (options.dryRun) {
    screen.show({ bot, ...chosen, dryRun: true }, () => `would forget ${says}${named(chosen)}`);
    return exitCodes.fine;
  }
  if (!options.yes) await ask(context, `Forget ${says}? A message whose record is gone may be sent again.`);
  let forgotten = 0;
  for (const batch of batches(chosen)) forgotten += await session.store.reset(bot, batch);
  screen.show(
    { bot, forgotten },
    () => `forgot ${forgotten} of ${chosen.records.length + chosen.rules.length} keys of bot ${bot}`,
  );
  return exitCodes.fine;
}

async function choose(context: Context & { bot: string }, options: ResetOptions): Promise<Forgotten> {
  const { key, given, operation, update, chat, all } = options;
  if (all) return everything(context, options);
  if ([key, given, operation, update].some((one) => one !== undefined))
    return { records: [...recordIds(key, options)], rules: [] };
  if (chat !== undefined)
    return { records: [], rules: [`chat:${chat.startsWith("@") ? chat.toLowerCase() : chat}`] };
  throw wrongUse(
    "what is to be forgotten is not said",
    'give --key KEY, --given "invoice-42" --chat 7, --update ID, --chat ID for the rules of a chat, or --all (with --records or --rules for a part)',
  );
}

async function everything(context: Context & { bot: string }, options: ResetOptions): Promise<Forgotten> {
  const { session, screen, bounds, bot } = context;
  const both = !options.records && !options.rules;
  const records = new Set<string>();
  const rules = new Set<string>();
  for await (const { keys } of scan(session, screen, { ...bounds, bot })) {
    for (const { kind, id } of keys) {
      if (kind === "record" && (both || options.records)) records.add(id);
      if (kind === "rule" && (both || options.rules)) rules.add(id);
    }
  }
  return { records: [...records], rules: [...rules] };
}

async function ask({ screen }: Context, question: string): Promise<void> {
  const answer = await screen.confirms(question);
  if (answer === undefined)
    throw wrongUse(
      "there is no terminal to ask for a yes",
      "give --yes to do it, or --dry-run to see what it would do",
    );
  if (!answer) throw new Stop(exitCodes.problem, "nothing was forgotten");
}

function* batches({ records, rules }: Forgotten): Generator<Partial<Forgotten>> {
  for (let at = 0; at < records.length; at += atOnce) yield { records: records.slice(at, at + atOnce) };
  for (let at = 0; at < rules.length; at += atOnce) yield { rules: rules.slice(at, at + atOnce) };
}

function named({ records, rules }: Forgotten): string {
  const names = [...records, ...rules];
  if (names.length === 0) return "";
  const more = names.length > 10 ? `, and ${names.length - 10} more` : "";
  return `: ${names.slice(0, 10).join(", ")}${more}`;
}
