import { classify } from "../flood/classify.js";

/** What a network error tells about itself, wherever its fetch has put that. */
export interface NetworkFacts {
  readonly code?: string;
  readonly syscall?: string;
}

interface NetworkError {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/**
 * Code and syscall of a network error, for {@link Reply}. node-fetch puts `code` on its error, the platform's fetch
 * (undici) on the cause. Where several addresses were tried at once the cause holds one error each: that nothing left
 * is proven only if all of them prove it.
 */
export function networkFacts(error: unknown): NetworkFacts {
  const outer = (error ?? {}) as NetworkError;
  const source = typeof outer.code === "string" ? outer : ((outer.cause ?? {}) as NetworkError);
  if (!Array.isArray(source.errors) || source.errors.length === 0) return factsOf(source, outer);
  const tries = source.errors.map((each: unknown) => factsOf((each ?? {}) as NetworkError, outer));
  return tries.find((facts) => !provesUnsent(facts)) ?? tries[0]!;
}

/**
 * Only the message of node-fetch's error names the call that failed. Where each of several addresses failed, Node
 * gives no reason at all: that happens only while connecting.
 */
function factsOf({ code, syscall }: NetworkError, { message }: NetworkError): NetworkFacts {
  if (typeof code !== "string") return {};
  if (/reason: (connect |$)/.test(String(message))) return { code, syscall: "connect" };
  return { code, ...(typeof syscall === "string" && { syscall }) };
}

const provesUnsent = (facts: NetworkFacts): boolean =>
  classify("", { type: "failure", error: undefined, ...facts }).kind === "unsent";
