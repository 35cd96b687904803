import type { Call } from "../world/call.js";
import type { World } from "../world/world.js";

/** Stores what a set… method is given, per scope and language; answers `true`. */
export const keep = (key: string, field: string) =>
  function keepSetting(call: Call, { bots }: World): true {
    bots.get(call.bot).settings.set(settingKey(key, call), call.params[field]);
    return true;
  };

/** Forgets a setting. */
export const forget = (key: string) =>
  function forgetSetting(call: Call, { bots }: World): true {
    bots.get(call.bot).settings.delete(settingKey(key, call));
    return true;
  };

/** Reads a setting back, wrapped by `shape`. */
export const recall = (key: string, shape: (value: unknown, firstName: string) => unknown) =>
  function recallSetting(call: Call, { bots }: World): unknown {
    const bot = bots.get(call.bot);
    return shape(bot.settings.get(settingKey(key, call)), bot.firstName);
  };

function settingKey(key: string, { params }: Call): string {
  const { scope = { type: "default" }, language_code = "", chat_id = "", for_channels = "" } = params;
  return JSON.stringify([key, scope, language_code, chat_id, for_channels]);
}
