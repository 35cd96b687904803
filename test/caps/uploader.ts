/** Uploads COUNT documents at once, each to its own chat, under a cap of LIMIT; says how they ended and exits by itself. */
import { createInterface } from "node:readline";
import { install } from "@sendonce/grammy";
import { Api, InputFile } from "grammy";

const { BOT_TOKEN = "", API_ROOT = "", COUNT = "0", FROM = "0", LIMIT = "2" } = process.env;
const api = install(new Api(BOT_TOKEN, { apiRoot: API_ROOT }), {
  caps: { uploads: { limit: Number(LIMIT), methods: ["sendDocument"] } },
});
const input = createInterface({ input: process.stdin });
console.log("ready");
input.once("line", () => {
  input.close();
  process.stdin.destroy();
  void uploadAll();
});

async function uploadAll(): Promise<void> {
  const chats = Array.from({ length: Number(COUNT) }, (_, n) => Number(FROM) + n);
  const ended = await Promise.allSettled(
    chats.map((chat) => api.sendDocument(chat, new InputFile(Buffer.from(`file ${chat}`), "file"))),
  );
  console.log(`failed ${ended.filter(({ status }) => status === "rejected").length}`);
  console.log("done");
}
