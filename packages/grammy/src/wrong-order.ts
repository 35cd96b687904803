import type { Guard } from "@sendonce/core";
import type { Api, Transformer } from "grammy";

/**
 * Plugins that must not stand between Sendonce and Telegram, told by what their source says: their factories
 * return a fresh function each time, and to call one to see what it does would be to use it. Names of
 * properties and texts survive minifiers, names of variables may not; so each is told by several words, and one
 * that says something else passes.
 */
const wrongInside = Object.freeze({
  autoRetryInside: (source: string) =>
    source.includes("retry_after") &&
    (source.includes("will retry '") || source.includes("remainingAttempts")),
  throttlerInside: (source: string) =>
    source.includes(".schedule(") && source.includes(".key(") && source.includes("chat_id"),
});

type Kind = keyof typeof wrongInside;

/** Warns about transformers that were installed before Sendonce and so stand inside it. */
export function warnAboutInside(inside: readonly Transformer[], { warnings }: Pick<Guard, "warnings">): void {
  for (const source of inside.map(String)) {
    for (const kind of Object.keys(wrongInside) as Kind[]) {
      if (wrongInside[kind](source)) warnings.once(kind);
    }
  }
}

const seen = new WeakSet<Transformer>();

/**
 * Warns about what stands inside a bare transformer, which grammY tells nothing about its Api. Once for each: what
 * was there before it stays where it is.
 */
export function lookInside(api: Pick<Api, "config">): void {
  const installed = api.config.installedTransformers();
  const at = installed.findIndex((transformer) => "guard" in transformer && "updates" in transformer);
  const sendonce = installed[at] as (Transformer & { readonly guard: Guard }) | undefined;
  if (sendonce === undefined || seen.has(sendonce)) return;
  seen.add(sendonce);
  warnAboutInside(installed.slice(0, at), sendonce.guard);
}
