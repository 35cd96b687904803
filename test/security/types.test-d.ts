import { createGuard, type IdempotencyOptions } from "@sendonce/core";
import { expectTypeOf, test } from "vitest";

test("a codec makes texts of texts, at once", () => {
  type Codec = NonNullable<IdempotencyOptions["codec"]>;
  expectTypeOf<Codec["encode"]>().toEqualTypeOf<(text: string) => string>();
  expectTypeOf<Codec["decode"]>().toEqualTypeOf<(stored: string) => string>();
  const encode = (text: string) => text;
  const decode = async (stored: string) => stored;
  createGuard({ idempotency: { result: "full", codec: { encode, decode: encode } } });
  // @ts-expect-error an asynchronous one is no codec
  createGuard({ idempotency: { codec: { encode, decode } } });
  // @ts-expect-error half a codec is none
  createGuard({ idempotency: { codec: { encode } } });
});
