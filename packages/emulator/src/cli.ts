#!/usr/bin/env node
import { HELP, readCliOptions } from "./cli-options.js";
import { createEmulator } from "./emulator.js";

async function main(): Promise<void> {
  const { help, port, limits } = readCliOptions(process.argv.slice(2));
  if (help) return void process.stdout.write(HELP);
  const emulator = createEmulator({ limits });
  const { url } = await emulator.listen(port);
  process.stdout.write(
    `Telegram is emulated at ${url}\n\n` +
      `  grammY    new Bot(token, { client: { apiRoot: "${url}" } })\n` +
      `  Telegraf  new Telegraf(token, { telegram: { apiRoot: "${url}" } })\n` +
      `  ledger    curl ${url}/_emulator/ledger\n`,
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void emulator.close());
}

function explain(error: Error & { code?: string; port?: number }): string {
  if (error.code === "EADDRINUSE")
    return `port ${error.port} is taken: choose another with --port, or 0 for any`;
  return error.message;
}

main().catch((error: Error) => {
  process.stderr.write(`sendonce-emulator: ${explain(error)}\n`);
  process.exitCode = 1;
});
