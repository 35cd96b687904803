/**
 * The methods of the Bot API: what the guard does with each, what it answers, what it costs. The only place
 * that names them all; its test compares it with the frameworks' own types, so that a new version of the API
 * waits here for a decision.
 */
import type { Payload } from "./call.js";

/**
 * - `create`: makes something that people see, or moves Stars: has a key, pays, freezes on a 429
 * - `touch`: changes what is there, or is unknown: no key, pays nothing, waits for a thaw, retried after a 429
 * - `pass`: answers, getters, setters and the bot's own business: never held
 * - `poll`: getUpdates: untouched
 */
export type MethodClass = "create" | "touch" | "pass" | "poll";

/** What `ok` carries: a Message, a list of them, `{ message_id }`, a list of those, or anything else. */
export type ResultShape = "message" | "messages" | "message_id" | "message_ids" | "other";

const create = {
  sendMessage: "message",
  sendRichMessage: "message",
  sendPhoto: "message",
  sendLivePhoto: "message",
  sendAudio: "message",
  sendDocument: "message",
  sendVideo: "message",
  sendAnimation: "message",
  sendVoice: "message",
  sendVideoNote: "message",
  sendSticker: "message",
  sendPaidMedia: "message",
  sendMediaGroup: "messages",
  sendLocation: "message",
  sendVenue: "message",
  sendContact: "message",
  sendPoll: "message",
  sendChecklist: "message",
  sendDice: "message",
  sendGame: "message",
  sendInvoice: "message",
  forwardMessage: "message",
  forwardMessages: "message_ids",
  copyMessage: "message_id",
  copyMessages: "message_ids",
  postStory: "other",
  repostStory: "other",
  sendGift: "other",
  giftPremiumSubscription: "other",
  upgradeGift: "other",
  transferGift: "other",
  transferBusinessAccountStars: "other",
  refundStarPayment: "other",
} as const satisfies Record<string, ResultShape>;

// biome-ignore format: a table is read in columns
const touch = [
  "sendChatAction", "sendMessageDraft", "sendRichMessageDraft", "sendChatJoinRequestWebApp",
  "editMessageText", "editMessageCaption", "editMessageMedia", "editMessageReplyMarkup", "editMessageChecklist",
  "editMessageLiveLocation", "stopMessageLiveLocation", "stopPoll", "editStory", "deleteStory",
  "editEphemeralMessageText", "editEphemeralMessageMedia", "editEphemeralMessageCaption",
  "editEphemeralMessageReplyMarkup", "deleteEphemeralMessage",
  "deleteMessage", "deleteMessages", "deleteBusinessMessages", "readBusinessMessage",
  // Not a setting, whatever its name says: it is shown in the chat and shares the chat's floods.
  "setMessageReaction", "deleteMessageReaction", "deleteAllMessageReactions",
  "pinChatMessage", "unpinChatMessage", "unpinAllChatMessages",
  "createForumTopic", "editForumTopic", "closeForumTopic", "reopenForumTopic", "deleteForumTopic",
  "unpinAllForumTopicMessages", "editGeneralForumTopic", "closeGeneralForumTopic", "reopenGeneralForumTopic",
  "hideGeneralForumTopic", "unhideGeneralForumTopic", "unpinAllGeneralForumTopicMessages",
  "banChatMember", "unbanChatMember", "restrictChatMember", "promoteChatMember",
  "banChatSenderChat", "unbanChatSenderChat", "leaveChat", "deleteChatPhoto", "deleteChatStickerSet",
  "exportChatInviteLink", "createChatInviteLink", "editChatInviteLink", "revokeChatInviteLink",
  "createChatSubscriptionInviteLink", "editChatSubscriptionInviteLink",
  "approveChatJoinRequest", "declineChatJoinRequest", "approveSuggestedPost", "declineSuggestedPost",
  "verifyUser", "verifyChat", "removeUserVerification", "removeChatVerification",
  "uploadStickerFile", "createNewStickerSet", "addStickerToSet", "replaceStickerInSet",
  "deleteStickerFromSet", "deleteStickerSet",
  "createInvoiceLink", "savePreparedInlineMessage", "savePreparedKeyboardButton",
  "convertGiftToStars", "editUserStarSubscription", "replaceManagedBotToken",
  "deleteMyCommands", "removeMyProfilePhoto", "removeBusinessAccountProfilePhoto",
] as const;

// biome-ignore format: a table is read in columns
const pass = [
  "answerCallbackQuery", "answerInlineQuery", "answerWebAppQuery", "answerGuestQuery",
  "answerShippingQuery", "answerPreCheckoutQuery", "answerChatJoinRequestQuery",
  "getMe", "getFile", "getWebhookInfo", "getChat", "getChatAdministrators", "getChatMember", "getChatMemberCount",
  "getChatGifts", "getChatMenuButton", "getUserProfilePhotos", "getUserProfileAudios", "getUserChatBoosts",
  "getUserGifts", "getUserPersonalChatMessages", "getBusinessConnection", "getBusinessAccountGifts",
  "getBusinessAccountStarBalance", "getManagedBotToken", "getManagedBotAccessSettings", "getMyCommands",
  "getMyName", "getMyDescription", "getMyShortDescription", "getMyDefaultAdministratorRights",
  "getMyStarBalance", "getStarTransactions", "getAvailableGifts", "getStickerSet", "getCustomEmojiStickers",
  "getForumTopicIconStickers", "getGameHighScores",
  "setWebhook", "setChatPhoto", "setChatTitle", "setChatDescription", "setChatPermissions",
  "setChatAdministratorCustomTitle", "setChatMemberTag", "setChatStickerSet", "setChatMenuButton",
  "setUserEmojiStatus", "setMyCommands", "setMyName", "setMyDescription", "setMyShortDescription",
  "setMyProfilePhoto", "setMyDefaultAdministratorRights", "setManagedBotAccessSettings",
  "setBusinessAccountName", "setBusinessAccountUsername", "setBusinessAccountBio",
  "setBusinessAccountProfilePhoto", "setBusinessAccountGiftSettings", "setStickerPositionInSet",
  "setStickerEmojiList", "setStickerKeywords", "setStickerMaskPosition", "setStickerSetTitle",
  "setStickerSetThumbnail", "setCustomEmojiStickerSetThumbnail", "setPassportDataErrors", "setGameScore",
  // Starting and stopping a bot: a flood in some chat must not hold these up.
  "deleteWebhook", "logOut", "close",
] as const;

const poll = ["getUpdates"] as const;

/** Every method by class, spelled as in the API's documentation. */
export const methodTable: Readonly<Record<MethodClass, readonly string[]>> = Object.freeze({
  create: Object.keys(create),
  touch,
  pass,
  poll,
});

/** The methods that get a key. */
export const createMethods: readonly string[] = methodTable.create;

interface Entry {
  readonly class: MethodClass;
  readonly shape: ResultShape;
}

/** What `ok` carries where it is not "other"; two methods answer with messages though they create none. */
const shapes: Readonly<Record<string, ResultShape>> = {
  ...create,
  editMessageChecklist: "message",
  getUserPersonalChatMessages: "messages",
};

/**
 * Telegram ignores case in method names. Both spellings that anybody uses are in the map, so that looking
 * one up builds no string.
 */
const entries: ReadonlyMap<string, Entry> = new Map(
  (Object.entries(methodTable) as [MethodClass, readonly string[]][]).flatMap(([kind, names]) =>
    names.flatMap((name) => bothSpellings(name, { class: kind, shape: shapes[name] ?? "other" })),
  ),
);

function bothSpellings(name: string, entry: Entry): [string, Entry][] {
  return [
    [name, entry],
    [name.toLowerCase(), entry],
  ];
}

function entryOf(method: string): Entry | undefined {
  return entries.get(method) ?? entries.get(method.toLowerCase());
}

/**
 * What the guard does with a method. One that the table does not know is `touch`, except for new getters,
 * setters and answers, which go by their first word.
 */
export function methodClass(method: string): MethodClass {
  return entryOf(method)?.class ?? (/^(answer|get|set)/i.test(method) ? "pass" : "touch");
}

/** What an `ok` carries. `other` also where it may be `true`, as for most edits. */
export function resultShape(method: string): ResultShape {
  return entryOf(method)?.shape ?? "other";
}

/** Sets a message to what the call says: of several, the last is all that counts. */
export const editsMessage = (method: string): boolean => /^edit(Ephemeral)?Message/i.test(method);

/** The field whose items each count as one message. */
const itemsField: ReadonlyMap<string, string> = new Map([
  ["sendmediagroup", "media"],
  ["forwardmessages", "message_ids"],
  ["copymessages", "message_ids"],
]);

/** How many messages a call counts as: the length of an album or a multi-forward, else 1. */
export function costOf(method: string, payload: Payload): number {
  const field = itemsField.get(method.toLowerCase());
  const items = field === undefined ? undefined : payload[field];
  return Array.isArray(items) ? Math.max(1, items.length) : 1;
}

/**
 * Whether an error may hide that some of the messages went out. For these methods a 406, a 429, a 5xx,
 * "Failed to send message #N" and "Group send failed" prove nothing.
 */
export function failsInParts(method: string): boolean {
  return itemsField.has(method.toLowerCase());
}

/** Always paid, whatever the payload says. */
const alwaysPaid: ReadonlySet<string> = new Set([
  "sendgift",
  "giftpremiumsubscription",
  "transferbusinessaccountstars",
]);

/** Paid when `star_count` is not zero: an upgrade may be prepaid, a transfer may be free. */
const paidByCount: ReadonlySet<string> = new Set(["upgradegift", "transfergift"]);

/**
 * Whether a call takes Stars from the bot's or a business account's balance. Such calls are never sent
 * unguarded. `star_count` of sendPaidMedia is what readers pay, so it spends nothing; nor does a refund count,
 * which Telegram itself refuses to make twice.
 */
export function spendsStars(method: string, payload: Payload): boolean {
  const name = method.toLowerCase();
  if (alwaysPaid.has(name)) return true;
  if (paidByCount.has(name)) return !isZero(payload.star_count);
  return isPaidBroadcast(payload);
}

/**
 * The Stars that a call takes, as far as its payload tells: 0.1 for each message of a paid broadcast, or its own
 * `star_count`. What a gift costs stands in Telegram's catalogue and not in the call.
 */
export function starsOf(method: string, payload: Payload): number | undefined {
  if (!spendsStars(method, payload)) return undefined;
  const name = method.toLowerCase();
  if (!alwaysPaid.has(name) && !paidByCount.has(name)) return 0.1 * costOf(method, payload);
  const stars = Number(payload.star_count);
  return stars > 0 ? stars : undefined;
}

/** Whether a message goes out on the paid quota, 0.1 Star each above the free 30/s. */
export const isPaidBroadcast = (payload: Payload): boolean => saysYes(payload.allow_paid_broadcast);

/** An amount that cannot be read is taken for an amount. */
function isZero(amount: unknown): boolean {
  return amount === undefined || amount === null || amount === 0 || amount === "0" || amount === "";
}

/** The words that the Bot API server takes for true. */
function saysYes(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === "string" && /^\s*(true|yes|1)\s*$/i.test(value));
}
