import { writeSync } from "node:fs";
import { register } from "node:module";
import { MessageChannel } from "node:worker_threads";

// The hook runs on a thread of its own and tells this one what was loaded.
const hook = `let port;
export const initialize = (data) => { port = data.port; };
export async function load(url, context, next) { port.postMessage(url); return next(url, context); }`;
const { port1, port2 } = new MessageChannel();
const loaded = [];
port1.on("message", (url) => loaded.push(url));
register(`data:text/javascript,${encodeURIComponent(hook)}`, {
  data: { port: port2 },
  transferList: [port2],
});
await import(process.argv[2]);
setTimeout(() => {
  port1.close();
  writeSync(1, JSON.stringify(loaded));
}, 100);
