/**
 * Who sent an update, whatever its kind: for the `user` rule.
 * @example guard.handleUpdate({ bot, updateId: update.update_id, userId: senderOf(update) }, handler)
 */
export function senderOf(update: object): number | undefined {
  for (const content of Object.values(update) as unknown[]) {
    const { from, user } = (content ?? {}) as { from?: { id?: unknown }; user?: { id?: unknown } };
    const id = from?.id ?? user?.id;
    if (typeof id === "number") return id;
  }
  return undefined;
}
