import type { ReadStream } from "node:tty";

/** Keys as they are pressed, until it is released: then the terminal is as it was. */
export function keysOf(stdin: ReadStream, pressed: (key: string) => void): { release(): void } {
  const heard = (bytes: Buffer) => {
    for (const key of bytes.toString("utf8")) pressed(key);
  };
  stdin.setRawMode(true);
  stdin.on("data", heard);
  stdin.resume();
  return {
    release() {
      stdin.off("data", heard);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
