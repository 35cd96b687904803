/**
 * A Bot API server of your own, started with --local behind a proxy: files go by their path on its disk, and
 * downloads come as paths. What is sent twice goes out once, there too.
 *
 *     npx tsx examples/local-bot-api.ts
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createEmulator } from "@sendonce/emulator";
import { install } from "@sendonce/grammy";
import { Bot } from "grammy";

const disk = await mkdtemp(join(tmpdir(), "local-bot-api-"));
const report = join(disk, "report.pdf");
await writeFile(report, "Sales went up.");

// Stands in for the server. Yours has an address such as http://10.0.0.5:8081/bot-api
const server = createEmulator({ path: "/bot-api", localFiles: disk });
const { url } = await server.listen();

const bot = install(new Bot("4242:local", { client: { apiRoot: url } }));

// The bot moves from api.telegram.org to this server: logOut there, then go on here. Neither is ever held.
console.log(`logged out: ${await bot.api.logOut()}`);

// The server reads the file itself, so its path is all that is known here, and the path is what is remembered.
const send = () => bot.api.sendDocument(1001, pathToFileURL(report).href, { caption: "The report" });
const [first, second] = [await send(), await send()];
console.log(`message ${first.message_id}, then message ${second.message_id}`);
console.log(`received: ${server.ledger.count({ chat: 1001 })}`);

const { file_path } = await bot.api.getFile(first.document.file_id);
console.log(`on the server's disk: ${await readFile(file_path as string, "utf8")}`);

await server.close();
await rm(disk, { recursive: true });

/* Prints:
logged out: true
message 1, then message 1
received: 1
on the server's disk: Sales went up.
*/
