import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Target } from "./target.js";

const patienceMs = 2_000;

/** What stands behind a port: asked once in plain text, once in TLS. */
export async function sniff({ host, port }: Target): Promise<"plain" | "tls" | "nothing"> {
  if (await answersPlainly(host, port)) return "plain";
  return (await speaksTls(host, port)) ? "tls" : "nothing";
}

/** Every Redis answers PING by a line, also one that demands a password. */
function answersPlainly(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => socket.write("PING\r\n"));
    const settle = settledBy(socket, resolve);
    socket.once("data", (bytes) => settle(/^[+-][A-Z]/.test(bytes.toString("latin1"))));
  });
}

function speaksTls(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({ host, port, rejectUnauthorized: false }, () => settle(true));
    const settle = settledBy(socket, resolve);
  });
}

/** Answers once, and lets go of the socket: false when it breaks, ends, or says nothing in time. */
function settledBy(socket: Socket, resolve: (answer: boolean) => void): (answer: boolean) => void {
  const settle = (answer: boolean) => {
    socket.destroy();
    resolve(answer);
  };
  socket.setTimeout(patienceMs, () => settle(false));
  socket.once("error", () => settle(false));
  socket.once("close", () => settle(false));
  return settle;
}
