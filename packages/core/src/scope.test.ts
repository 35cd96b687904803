import { describe, expect, it } from "vitest";
import { withDelivery } from "./delivery-options.js";
import {
  currentContext,
  currentUpdate,
  insideUpdate,
  isBeingSent,
  isUntracked,
  openUpdate,
  outsideUpdate,
  whileSending,
} from "./scope.js";

describe("the scope of an update", () => {
  it("holds for what its handler starts, and for nothing else", async () => {
    const scope = openUpdate("1", 7, 5);
    const seen = insideUpdate(scope, async () => {
      await new Promise(setImmediate);
      return currentUpdate();
    });
    expect(currentUpdate()).toBeUndefined();
    expect(await seen).toBe(scope);
  });

  it("is none for ids that Telegram never gives", () => {
    for (const id of [0, -1, 1.5, Number.NaN]) expect(openUpdate("1", id)).toBeUndefined();
    expect(insideUpdate(undefined, currentUpdate)).toBeUndefined();
  });

  it("is left by outsideUpdate, together with every delivery", () => {
    insideUpdate(openUpdate("1", 7), () =>
      withDelivery({ key: "k", priority: "bulk" }, () => {
        expect(outsideUpdate(currentContext)).toEqual({});
        expect(outsideUpdate(isUntracked)).toBe(false);
      }),
    );
    expect(isUntracked()).toBe(true);
  });

  it("is shared with another copy of the package", () => {
    const shared = (globalThis as never)[Symbol.for("sendonce.scope.v1")] as {
      getStore(): { update?: unknown };
    };
    const scope = openUpdate("1", 7);
    insideUpdate(scope, () => expect(shared.getStore().update).toBe(scope));
  });
});

describe("a delivery around calls", () => {
  it("opens a scope with its key, and inherits the options around it", () => {
    withDelivery({ priority: "bulk", maxWaitMs: 5 }, () => {
      expect(currentContext().delivery).toBeUndefined();
      withDelivery({ key: "k", maxWaitMs: 7 }, () => {
        expect(currentContext().delivery?.key).toBe("k");
        expect(currentContext().options).toEqual({ priority: "bulk", maxWaitMs: 7 });
        withDelivery({ ttlMs: 5 }, () => expect(currentContext().delivery?.key).toBe("k"));
        withDelivery({ key: "inner" }, () => expect(currentContext().delivery?.key).toBe("inner"));
      });
    });
  });

  it("keeps the update that it stands in", () => {
    const scope = openUpdate("1", 7);
    insideUpdate(scope, () => withDelivery({ key: "k" }, () => expect(currentUpdate()).toBe(scope)));
  });
});

it("a call on its way keeps its scope and is marked, so that an inner guard lets it through", () => {
  const scope = openUpdate("1", 7);
  insideUpdate(scope, () =>
    whileSending({ bot: "1", method: "sendMessage", chat: "7" }, () => {
      expect(currentContext().update).toBe(scope);
      expect(isBeingSent({ bot: "1", method: "sendMessage", chat: "7" })).toBe(true);
      expect(isBeingSent({ bot: "1", method: "sendMessage", chat: "8" })).toBe(false);
      expect(isBeingSent({ bot: "1", method: "sendPhoto", chat: "7" })).toBe(false);
      expect(isBeingSent({ bot: "2", method: "sendMessage", chat: "7" })).toBe(false);
    }),
  );
});
