import type { IncomingMessage, ServerResponse } from "node:http";

/** How the connection ended without an answer. */
export type LineEnd = "cut" | "refused" | "gone";

/** The client's end of a request: it may hang up, and the connection to it may be cut. */
export interface Line {
  /** Calls `listener` when the client gives up before its answer; returns how to stop listening. */
  onHangUp(listener: () => void): () => void;
  /** Ends the connection without an answer. */
  cut(end: LineEnd): void;
}

/** A real socket. */
export function socketLine(incoming: IncomingMessage, outgoing: ServerResponse): Line {
  return {
    onHangUp(listener) {
      const closed = () => outgoing.writableFinished || listener();
      outgoing.on("close", closed);
      return () => outgoing.off("close", closed);
    },
    cut: () => incoming.socket.destroy(),
  };
}

/** A call in this process. */
export class MemoryLine implements Line {
  readonly #listeners = new Set<() => void>();
  /** Set once the line was cut. */
  end: LineEnd | undefined;

  onHangUp(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  cut(end: LineEnd): void {
    this.end = end;
  }

  /** The caller gives up. */
  hangUp(): void {
    for (const listener of this.#listeners) listener();
  }
}
