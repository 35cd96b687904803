/** Where the harmless part goes. */
export interface RealTarget {
  token: string;
  chat: number | string;
  apiRoot: string;
}

/**
 * Reads BOT_TOKEN, CHAT_ID and API_ROOT; undefined when neither of the first two is set.
 * @throws Error that says what to set; it never quotes the token
 */
export function realTarget(env: NodeJS.ProcessEnv): RealTarget | undefined {
  const { BOT_TOKEN: token, CHAT_ID: chat, API_ROOT: apiRoot } = env;
  if (!token && !chat) return undefined;
  if (!token)
    throw new Error("CHAT_ID is set but BOT_TOKEN is not: set both for the real Telegram, or neither");
  if (!chat)
    throw new Error("BOT_TOKEN is set but CHAT_ID is not: set both for the real Telegram, or neither");
  if (!/^\d{1,15}:[\w-]+$/.test(token)) {
    throw new Error("BOT_TOKEN is not a bot token: it looks like 123456:ABC-DEF… and comes from @BotFather");
  }
  return { token, chat: chatOf(chat), apiRoot: rootOf(apiRoot) };
}

function chatOf(text: string): number | string {
  if (/^-?[1-9]\d*$/.test(text)) return Number(text);
  if (/^@\w+$/.test(text)) return text;
  throw new Error(
    'CHAT_ID is neither a number (your own id, or -100… of a group) nor the "@name" of a channel',
  );
}

function rootOf(text: string | undefined): string {
  if (!text) return "https://api.telegram.org";
  if (/^https?:\/\/[^/]+/.test(text)) return text.replace(/\/+$/, "");
  throw new Error("API_ROOT is not a URL: it looks like http://127.0.0.1:8081 and names a Bot API server");
}
