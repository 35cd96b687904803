import { Session } from "./connect/session.js";
import { targetOf } from "./connect/target.js";
import { wrongUse } from "./exit.js";
import type { ScanBounds } from "./scan.js";
import { Screen } from "./screen.js";

/** What is said on the command line for every command. */
export interface GlobalOptions {
  readonly redis?: string;
  readonly bot?: string;
  readonly namespace?: string;
  readonly tlsCa?: string;
  readonly json?: boolean;
  readonly color?: boolean;
  readonly maxKeys: number;
  readonly scanRate: number;
}

/** What every command works with. */
export interface Context {
  readonly session: Session;
  readonly screen: Screen;
  readonly bounds: ScanBounds;
  /** The bot's id or its namespace, where one was named. */
  readonly bot: string | undefined;
}

const screenOf = ({ json = false, color = true }: GlobalOptions): Screen => new Screen({ json, color });

/** Opens what a command needs, and closes it afterwards. */
export async function within(
  options: GlobalOptions,
  command: (context: Context) => Promise<number>,
): Promise<number> {
  const bot = botOf(options);
  const session = await Session.open(targetOf(options));
  const { maxKeys, scanRate } = options;
  try {
    return await command({ session, screen: screenOf(options), bounds: { maxKeys, scanRate }, bot });
  } finally {
    await session.close();
  }
}

/** A token says whose it is; the rest of it is not kept. */
function botOf({ bot, namespace }: GlobalOptions): string | undefined {
  if (bot !== undefined && namespace !== undefined)
    throw wrongUse("--bot and --namespace name the same thing", "give the one that stands in the bot's keys");
  const named = (bot ?? namespace)?.replace(/^(\d+):[\w-]{20,}$/, "$1");
  if (named === undefined || /^[\w.:-]{1,64}$/.test(named)) return named;
  throw wrongUse(
    "that is no bot's id and no namespace",
    "give the number before the colon of the token, or the option `namespace`",
  );
}
