import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FileSource, Payload } from "../call.js";
import { ConfigurationError } from "../errors.js";
import { type DeliveryScope, openUpdate, type UpdateScope } from "../scope.js";
import { type Identity, identify, type KeyFacts, unguarded } from "./identify.js";
import { Repeats } from "./repeats.js";

class SomeFile {
  constructor(readonly source: FileSource) {}
}

const stream = new SomeFile({ kind: "stream" });

/** The facts of a call, as they are outside every scope unless told otherwise. */
function factsOf(payload: Payload, more: Partial<KeyFacts> = {}, method = "sendMessage"): KeyFacts {
  return {
    call: {
      bot: "1",
      method,
      payload,
      fileOf: (value) => (value instanceof SomeFile ? value.source : undefined),
    },
    options: {},
    update: undefined,
    delivery: undefined,
    match: "content",
    onMismatch: "error",
    secrets: [undefined],
    ...more,
  };
}

const identity = (...given: Parameters<typeof factsOf>) => identify(factsOf(...given)) as Identity;
const idOf = (...given: Parameters<typeof factsOf>) => identity(...given).id;

const update = (id = 7): UpdateScope => openUpdate("1", id)!;
const delivery = (key = "post"): DeliveryScope => ({
  kind: "delivery",
  key,
  repeats: new Repeats(),
  positions: new Repeats(),
});

const hello = { chat_id: 5, text: "hello" };

/** Two versions of this package share one store while a fleet is upgraded: what one has filed the other must find. */
it.each<[string, string, Payload, Partial<KeyFacts>]>([
  ["outside every scope", "cxqZGwBv7XPxqBi8X4VEFDI", hello, {}],
  ["under a secret", "cuCwbrbZhQxKnzCo1Toe_Ud", hello, { secrets: ["s"] }],
  ["under a key", "ka8MwLnUE9jfx-RnVchF0A_", hello, { options: { key: "k" } }],
  ["under a key, for nobody", "k2Tv5zHrApZEwupjpRQbTZE", { text: "hello" }, { options: { key: "k" } }],
  [
    "under a key that holds its content too",
    "k5AgUtqDoTnvMRVNA0TeAa0",
    hello,
    { options: { key: "k" }, onMismatch: "send" },
  ],
  [
    "under a key, a stream",
    "ka8MwLnUE9jfx-RnVchF0A_",
    { chat_id: 5, d: stream },
    { options: { key: "k" }, onMismatch: "send" },
  ],
  ["in an update", "uzRobQpiG3fLWxTwNP6Zfqa", hello, { update: update() }],
  ["in an update, by position", "u-pdi_RJkooS7NgKCB84rZM", hello, { update: update(), match: "position" }],
  ["in an update, a stream for nobody", "uWfNxP8zlrsJUCE2eWUaXBg", { d: stream }, { update: update() }],
  ["in a delivery", "dppH31tJVfrUEJDeFSFyuwA", hello, { delivery: delivery() }],
])("a key is the same in every version: %s", (_, id, payload, more) => {
  expect(idOf(payload, more)).toBe(id);
});

describe("the content of a call", () => {
  it("is waited for where it lies on disk, and then found like any other", async () => {
    const folder = mkdtempSync(join(tmpdir(), "identify-"));
    const path = join(folder, "photo.jpg");
    writeFileSync(path, "pixels");
    const onDisk = new SomeFile({ kind: "path", path, filename: "photo.jpg" });
    const inMemory = new SomeFile({ kind: "bytes", data: Buffer.from("pixels"), filename: "photo.jpg" });
    try {
      const waited = identify(factsOf({ chat_id: 5, photo: onDisk }, { secrets: ["new", "old"] }));
      expect(waited).toBeInstanceOf(Promise);
      const known = identity({ chat_id: 5, photo: inMemory }, { secrets: ["new", "old"] });
      expect(await waited).toMatchObject({ id: known.id, aliases: known.aliases });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("that a stream hides leaves a call unguarded outside every scope", () => {
    expect(identity({ chat_id: 5, document: stream })).toBe(unguarded);
    expect(unguarded).toMatchObject({ scope: "none", id: undefined, aliases: [], content: undefined });
  });

  it("is compared under a key that stands for one content alone", () => {
    const under = (onMismatch: KeyFacts["onMismatch"]) =>
      identity(hello, { options: { key: "k" }, onMismatch }).content;
    expect(under("error")).toMatch(/^[\w-]{22}$/);
    expect([under("replay"), under("send"), identity(hello).content]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("in an update", () => {
  const bye = { ...hello, text: "bye" };

  it.each<[KeyFacts["match"], boolean]>([
    ["content", false],
    ["position", true],
  ])("by %s, two texts of two runs share a key: %s", (match, shared) => {
    const [one, other] = [hello, bye].map((text) => idOf(text, { update: update(), match }));
    expect(one === other).toBe(shared);
  });

  it("a delivery goes by its content, whatever is said of updates", () => {
    const place = { update: update(), match: "position" } as const;
    const ids = [hello, bye].map((text) => idOf(text, { ...place, delivery: delivery() }));
    expect(new Set(ids).size).toBe(2);
  });

  it("positions count for each method and each chat by itself", () => {
    const place = { update: update(), match: "position" } as const;
    const ids = [
      idOf(hello, place),
      idOf({ ...hello, chat_id: 6 }, place),
      idOf(hello, place, "sendPhoto"),
      idOf({ text: "hello" }, place),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  it("two in flight at one position are told apart by nobody; later calls count as if there had been one", () => {
    const place = { update: update(), match: "position" } as const;
    const first = identity(hello, place);
    expect(() => identity(hello, place)).toThrow(ConfigurationError);
    expect(() => identity(hello, place)).toThrow(
      /two sendMessage calls.*await the first.*delivery\(\{ key \}\)/,
    );
    first.end(true);
    const again = { update: update(), match: "position" } as const;
    identity(hello, again).end(true);
    expect(idOf(hello, place)).toBe(idOf(hello, again));
  });

  it("the second of two streams in flight is unguarded, and the first keeps its key", () => {
    const place = { update: update() };
    const payload = { chat_id: 5, document: stream };
    const first = identity(payload, place);
    expect(identity(payload, place)).toBe(unguarded);
    expect(first.id).toBe(idOf(payload, { update: update() }));
  });
});
