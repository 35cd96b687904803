import { guardFetch, guardUpdates } from "@sendonce/core";
import type { AdapterBinding } from "@sendonce/core/testing";
import { callsBy, errorOf, plainFiles } from "./plain-client.js";

/** Plain fetch, guarded by `guardFetch`; updates by `guardUpdates`, as in any webhook. */
export const guardedFetch: AdapterBinding = {
  name: "guarded fetch",
  lacks: {
    url: "fetch uploads nothing that would have to be fetched first; an address goes as text",
    stream: "a FormData carries no streams; whole bodies that are streams are tested beside guardFetch",
    send: "plain fetch has no short forms",
    reply: "plain fetch has no short forms",
    deliveryOf: "it knows the Response, of which a result is only a part",
  },
  files: plainFiles,
  open({ url, token, guard, installs, onUpdate }) {
    let send = fetch;
    let handled = async (_: unknown, handler: () => Promise<void>): Promise<unknown> => handler();
    for (let i = 0; i < installs; i++) {
      send = guardFetch(send, guard);
      const inner = handled;
      const once = guardUpdates(token, guard);
      handled = (update, handler) => once(update, () => inner(update, handler));
    }
    const call = callsBy(send, url, token);
    return {
      call,
      handle: async (update) => {
        await handled(update, () => onUpdate(update, { call }));
      },
    };
  },
  errorOf,
};
