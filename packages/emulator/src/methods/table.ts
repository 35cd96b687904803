import { botSelf } from "../world/bots.js";
import type { Call } from "../world/call.js";
import type { Json } from "../world/json.js";
import type { Message } from "../world/messages.js";
import type { World } from "../world/world.js";
import { composeAlbum, paidMediaContent } from "./albums.js";
import * as info from "./chat-info.js";
import * as copies from "./copies.js";
import * as edits from "./edits.js";
import { getFile, uploadSticker } from "./file-methods.js";
import * as gifts from "./gifts-and-stories.js";
import { type MediaKind, mediaContent } from "./media.js";
import type { ActingMethod, CreatingMethod, Method } from "./method.js";
import { forget, keep, recall } from "./settings.js";
import { destination } from "./target.js";
import { captionContent, richContent, textContent } from "./text.js";
import * as things from "./things.js";
import * as topics from "./topics.js";

type Content = (call: Call, world: World) => Json;

/** One message to `chat_id`; the chat is checked before the content, as Telegram does. */
const message = (content: Content): CreatingMethod => ({
  compose(call, world) {
    const chat = destination(call, world);
    return [{ chat, content: content(call, world) }];
  },
});
const medium = (kind: MediaKind) =>
  message((call, world) => ({
    ...mediaContent(kind, call.params[kind], call.params, call, world),
    ...captionContent(call.params),
  }));
const ids = (messages: Message[]) => messages.map(({ message_id }) => ({ message_id }));
const act = (does: ActingMethod["act"], counts?: ActingMethod["counts"]): ActingMethod =>
  counts ? { act: does, counts } : { act: does };
const edited = (change: Parameters<typeof edits.edit>[0]) => act(edits.edit(change), "edit");
const gives = (value: (call: Call) => unknown) => act(value);
const yes = act(() => true);
const yesToChat = act((call, world) => destination(call, world) && true);

const creating: Record<string, CreatingMethod> = {
  sendMessage: message(textContent),
  sendRichMessage: message(richContent),
  sendPhoto: medium("photo"),
  sendLivePhoto: medium("live_photo"),
  sendAudio: medium("audio"),
  sendDocument: medium("document"),
  sendVideo: medium("video"),
  sendAnimation: medium("animation"),
  sendVoice: medium("voice"),
  sendVideoNote: medium("video_note"),
  sendSticker: medium("sticker"),
  sendPaidMedia: message(paidMediaContent),
  sendMediaGroup: { compose: composeAlbum, answer: (messages) => messages },
  sendLocation: message(things.locationContent),
  sendVenue: message(things.venueContent),
  sendContact: message(things.contactContent),
  sendPoll: message(things.pollContent),
  sendChecklist: message(things.checklistContent),
  sendDice: message(things.diceContent),
  sendGame: message(things.gameContent),
  sendInvoice: message(things.invoiceContent),
  copyMessage: { compose: copies.composeCopy, answer: (messages) => ids(messages)[0] },
  copyMessages: { compose: copies.composeCopies, answer: ids },
  forwardMessage: { compose: copies.composeForward },
  forwardMessages: { compose: copies.composeForwards, answer: ids },
  sendGift: { compose: gifts.composeGift, answer: () => true },
  giftPremiumSubscription: { compose: gifts.composePremiumGift, answer: () => true },
  postStory: { compose: gifts.composeStory, answer: gifts.storyOf, free: true },
  repostStory: { compose: gifts.composeStory, answer: gifts.storyOf, free: true },
};

const editing: Record<string, ActingMethod> = {
  editMessageText: edited(edits.changes.text),
  editMessageCaption: edited(edits.changes.caption),
  editMessageMedia: edited(edits.changes.media),
  editMessageReplyMarkup: edited(edits.changes.keyboard),
  editMessageLiveLocation: edited(edits.changes.location),
  editMessageChecklist: edited(edits.changes.checklist),
  stopMessageLiveLocation: act(edits.stopLocation, "edit"),
  stopPoll: act(edits.stopPoll, "edit"),
  setGameScore: act(edits.stopLocation),
  editStory: act((call, world) => ({
    chat: { id: gifts.accountChat(call, world).id },
    id: call.params.story_id,
  })),
  deleteMessage: act(edits.deleteMessage),
  deleteMessages: act(edits.deleteMessages),
  createForumTopic: act(topics.createTopic, "message"),
  editForumTopic: act(topics.editTopic),
  closeForumTopic: act(topics.closeTopic(true)),
  reopenForumTopic: act(topics.closeTopic(false)),
  deleteForumTopic: act(topics.deleteTopic),
};

const settings: Record<string, ActingMethod> = {
  setMyCommands: act(keep("commands", "commands")),
  deleteMyCommands: act(forget("commands")),
  getMyCommands: act(recall("commands", (commands) => commands ?? [])),
  setMyName: act(keep("name", "name")),
  getMyName: act(recall("name", (name, firstName) => ({ name: name ?? firstName }))),
  setMyDescription: act(keep("description", "description")),
  getMyDescription: act(recall("description", (description) => ({ description: description ?? "" }))),
  setMyShortDescription: act(keep("short", "short_description")),
  getMyShortDescription: act(recall("short", (text) => ({ short_description: text ?? "" }))),
  setChatMenuButton: act(keep("menu", "menu_button")),
  getChatMenuButton: act(recall("menu", (button) => button ?? { type: "default" })),
  setMyDefaultAdministratorRights: act(keep("rights", "rights")),
  getMyDefaultAdministratorRights: act(
    recall("rights", (rights) => ({ is_anonymous: false, ...(rights ?? info.ADMINISTRATOR_RIGHTS) })),
  ),
};

const answering: Record<string, ActingMethod> = {
  getMe: act((call, { bots }) => botSelf(bots.get(call.bot))),
  getFile: act(getFile),
  uploadStickerFile: act(uploadSticker),
  getChat: act(info.getChat),
  getChatMember: act(info.getMember),
  getChatAdministrators: act(info.getAdministrators),
  getChatMemberCount: gives(() => 2),
  setChatTitle: act(info.setChat("title")),
  setChatDescription: act(info.setChat("description")),
  exportChatInviteLink: act(info.exportInviteLink),
  createChatInviteLink: act(info.inviteLink),
  editChatInviteLink: act(info.inviteLink),
  createChatSubscriptionInviteLink: act(info.inviteLink),
  editChatSubscriptionInviteLink: act(info.inviteLink),
  revokeChatInviteLink: act(info.inviteLink),
  sendChatAction: yesToChat,
  sendMessageDraft: yesToChat,
  sendRichMessageDraft: yesToChat,
  setMessageReaction: act((call, world) => edits.anyMessage(call, world, "react") && true),
  pinChatMessage: act((call, world) => edits.anyMessage(call, world, "pin") && true),
  getUserProfilePhotos: gives(() => ({ total_count: 0, photos: [] })),
  getUserProfileAudios: gives(() => ({ total_count: 0, audios: [] })),
  getUserChatBoosts: gives(() => ({ boosts: [] })),
  getUserPersonalChatMessages: gives(() => []),
  getUserGifts: gives(() => ({ total_count: 0, gifts: [] })),
  getChatGifts: gives(() => ({ total_count: 0, gifts: [] })),
  getBusinessAccountGifts: gives(() => ({ total_count: 0, gifts: [] })),
  getAvailableGifts: gives(() => ({ gifts: [] })),
  getForumTopicIconStickers: gives(() => []),
  getCustomEmojiStickers: gives(() => []),
  getStickerSet: gives(({ params }) => ({
    name: params.name,
    title: params.name,
    sticker_type: "regular",
    stickers: [],
  })),
  getMyStarBalance: gives(() => ({ amount: 0 })),
  getBusinessAccountStarBalance: gives(() => ({ amount: 0 })),
  getStarTransactions: gives(() => ({ transactions: [] })),
  getGameHighScores: gives(() => []),
  getManagedBotToken: gives(({ params }) => `${String(params.user_id)}:managed`),
  replaceManagedBotToken: gives(({ params }) => `${String(params.user_id)}:replaced`),
  getManagedBotAccessSettings: gives(() => ({ is_access_restricted: false })),
  getBusinessConnection: act((call, world) => {
    const { id, title } = gifts.accountChat(call, world);
    const user = { id, is_bot: false, first_name: title };
    const connection = { id: call.params.business_connection_id, user, user_chat_id: id, date: 0 };
    return { ...connection, rights: { can_reply: true }, is_enabled: true };
  }),
  answerWebAppQuery: gives(() => ({ inline_message_id: "web-app-message" })),
  answerGuestQuery: gives(() => ({ inline_message_id: "guest-message" })),
  savePreparedInlineMessage: act((_, world) => ({
    id: "prepared-message",
    expiration_date: Math.floor(world.now() / 1000) + 86_400,
  })),
  savePreparedKeyboardButton: gives(() => ({ id: "prepared-button" })),
  createInvoiceLink: gives(() => "https://t.me/$invoice"),
};

/** Methods that change something nobody looks at here: the answer is `true`. */
const PLAIN = `
  logOut close setUserEmojiStatus banChatMember unbanChatMember restrictChatMember promoteChatMember
  setChatAdministratorCustomTitle setChatMemberTag banChatSenderChat unbanChatSenderChat setChatPermissions
  approveChatJoinRequest declineChatJoinRequest answerChatJoinRequestQuery sendChatJoinRequestWebApp
  approveSuggestedPost declineSuggestedPost setChatPhoto deleteChatPhoto unpinChatMessage unpinAllChatMessages
  leaveChat setChatStickerSet deleteChatStickerSet unpinAllForumTopicMessages editGeneralForumTopic
  closeGeneralForumTopic reopenGeneralForumTopic hideGeneralForumTopic unhideGeneralForumTopic
  unpinAllGeneralForumTopicMessages answerCallbackQuery setManagedBotAccessSettings setMyProfilePhoto
  removeMyProfilePhoto editEphemeralMessageText editEphemeralMessageMedia editEphemeralMessageCaption
  editEphemeralMessageReplyMarkup deleteEphemeralMessage deleteMessageReaction deleteAllMessageReactions
  deleteBusinessMessages setBusinessAccountName setBusinessAccountUsername setBusinessAccountBio
  setBusinessAccountProfilePhoto removeBusinessAccountProfilePhoto setBusinessAccountGiftSettings
  transferBusinessAccountStars convertGiftToStars upgradeGift transferGift deleteStory createNewStickerSet
  addStickerToSet setStickerPositionInSet deleteStickerFromSet replaceStickerInSet setStickerEmojiList
  setStickerKeywords setStickerMaskPosition setStickerSetTitle deleteStickerSet setStickerSetThumbnail
  setCustomEmojiStickerSetThumbnail answerInlineQuery answerShippingQuery answerPreCheckoutQuery
  refundStarPayment editUserStarSubscription verifyUser verifyChat removeUserVerification removeChatVerification
  readBusinessMessage setPassportDataErrors`
  .trim()
  .split(/\s+/);

const plain = Object.fromEntries(PLAIN.map((name) => [name, yes]));

/** Every method of the Bot API that only needs the world; updates have theirs in `updates/methods.ts`. */
export const METHODS: Readonly<Record<string, Method>> = {
  ...creating,
  ...editing,
  ...settings,
  ...answering,
  ...plain,
};
