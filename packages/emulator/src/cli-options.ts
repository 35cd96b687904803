import { parseArgs } from "node:util";
import type { LimitsOption } from "./limits/numbers.js";

/** What the command line asks for. */
export interface CliOptions {
  help: boolean;
  port: number;
  limits: LimitsOption;
}

/** The text of --help. */
export const HELP = `sendonce-emulator: a local Telegram Bot API with real flood limits

  npx sendonce-emulator --port 8081

  --port <n>      port on 127.0.0.1 (8081); 0 for any free one
  --host <name>   only 127.0.0.1 and localhost are allowed
  --no-limits     answer everything, no 429s
  --group <n>     messages per group in any 60 s (20)
  --chat <c/r>    private chats: burst / per second (20/1)
  --bot <c/r>     one bot, all chats: burst / per second (36/30)
  --paid <c/r>    allow_paid_broadcast: burst / per second (1100/1000)
  --edits-count   edits count like messages
  --absorb <ms>   waits up to this long become a slow 200 (0)
  --help          this text
`;

/** Reads the command line. @throws Error that says what to change */
export function readCliOptions(args: string[]): CliOptions {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean", short: "h" },
      port: { type: "string", short: "p", default: "8081" },
      host: { type: "string", default: "127.0.0.1" },
      "no-limits": { type: "boolean" },
      group: { type: "string" },
      chat: { type: "string" },
      bot: { type: "string" },
      paid: { type: "string" },
      "edits-count": { type: "boolean" },
      absorb: { type: "string" },
    },
  });
  if (values.host !== "127.0.0.1" && values.host !== "localhost") {
    throw new Error("--host: the emulator listens on 127.0.0.1 only, for it lets anybody read what was sent");
  }
  const port = wholeNumber("port", values.port, 65_535);
  if (values["no-limits"]) return { help: values.help ?? false, port, limits: false };
  const limits: LimitsOption = {
    ...(values.group && { group: { limit: wholeNumber("group", values.group), perMs: 60_000 } }),
    ...(values.chat && { chat: bucket("chat", values.chat) }),
    ...(values.bot && { bot: bucket("bot", values.bot) }),
    ...(values.paid && { paid: bucket("paid", values.paid) }),
    ...(values["edits-count"] && { editsCount: true }),
    ...(values.absorb && { absorbMs: wholeNumber("absorb", values.absorb) }),
  };
  return { help: values.help ?? false, port, limits };
}

function wholeNumber(flag: string, text: string, most = Number.MAX_SAFE_INTEGER): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > most)
    throw new Error(`--${flag}: a whole number up to ${most}, not "${text}"`);
  return number;
}

function bucket(flag: string, text: string) {
  const [capacity, refillPerSecond] = text.split("/").map(Number);
  if (!capacity || !refillPerSecond) throw new Error(`--${flag}: burst and rate per second, such as 20/1`);
  return { capacity, refillPerSecond };
}
