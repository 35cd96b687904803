import { copyOf, type Fields, fieldsOf, known, picked } from "./reading.js";

/** What Telegram alone knew about a message and the store kept. */
export interface Kept {
  readonly pollId?: string | undefined;
  readonly diceValue?: number | undefined;
}

type Content = (payload: Fields, kept: Kept) => Fields;

/**
 * What a message says, from the equal payload of whoever asks again, by method in lower case. As the caller
 * wrote it: with a `parse_mode` the text is still marked up, because nobody parsed it here.
 */
const contents: ReadonlyMap<string, Content> = new Map<string, Content>([
  ["sendmessage", (payload) => picked(payload, "text", "entities")],
  ["sendrichmessage", richMessage],
  ["senddice", dice],
  ["sendpoll", poll],
  ["sendlocation", (payload) => ({ location: location(payload) })],
  ["sendvenue", venue],
  ["sendcontact", contact],
  ["sendchecklist", checklist],
  ["sendinvoice", invoice],
  // A game's title and pictures are at BotFather; empty ones keep `message.game.title` from throwing.
  ["sendgame", () => ({ game: { title: "", description: "", photo: [] } })],
]);

/** The fields of a replayed message that come from the payload. */
export function contentOf(method: string, payload: Fields, kept: Kept): Fields {
  const content = contents.get(method.toLowerCase());
  return content ? content(payload, kept) : captioned(payload, kept);
}

/** Captions; and of a forwarded poll or dice what Telegram told. */
function captioned(payload: Fields, kept: Kept): Fields {
  return {
    ...picked(payload, "caption", "caption_entities"),
    ...(kept.pollId !== undefined && poll({}, kept)),
    ...(kept.diceValue !== undefined && dice({}, kept)),
  };
}

/** 0 is no face of any dice: the value was not stored. */
function dice(payload: Fields, { diceValue = 0 }: Kept): Fields {
  return { dice: { emoji: copyOf(payload.emoji) ?? "🎲", value: diceValue } };
}

/** A poll as it is when nobody has voted yet. */
function poll(payload: Fields, { pollId = "" }: Kept): Fields {
  const options = listOf(payload.options).map((option) =>
    typeof option === "string"
      ? { text: option }
      : { ...picked(fieldsOf(option) ?? {}, "text"), ...entitiesOf(option) },
  );
  return {
    poll: {
      id: pollId,
      question: copyOf(payload.question) ?? "",
      options: options.map((option) => ({ ...option, voter_count: 0 })),
      total_voter_count: 0,
      is_closed: payload.is_closed === true,
      is_anonymous: payload.is_anonymous !== false,
      type: payload.type === "quiz" ? "quiz" : "regular",
      allows_multiple_answers: payload.allows_multiple_answers === true,
      ...picked(
        payload,
        "question_entities",
        "correct_option_ids",
        "correct_option_id",
        "open_period",
        "close_date",
      ),
    },
  };
}

function location(payload: Fields): Fields {
  return picked(
    payload,
    "latitude",
    "longitude",
    "horizontal_accuracy",
    "live_period",
    "heading",
    "proximity_alert_radius",
  );
}

/** For old bots Telegram fills `location` beside `venue`. */
function venue(payload: Fields): Fields {
  const about = [
    "title",
    "address",
    "foursquare_id",
    "foursquare_type",
    "google_place_id",
    "google_place_type",
  ];
  return {
    location: location(payload),
    venue: { location: location(payload), ...picked(payload, ...about) },
  };
}

function contact(payload: Fields): Fields {
  return { contact: picked(payload, "phone_number", "first_name", "last_name", "vcard") };
}

function checklist(payload: Fields): Fields {
  const given = fieldsOf(payload.checklist) ?? {};
  const tasks = listOf(given.tasks).map((task) =>
    picked(fieldsOf(task) ?? {}, "id", "text", "text_entities"),
  );
  return { checklist: { title: "", ...picked(given, "title", "title_entities"), tasks } };
}

function invoice(payload: Fields): Fields {
  const amounts = listOf(payload.prices).map((price) => Number(fieldsOf(price)?.amount) || 0);
  return {
    invoice: {
      start_parameter: "",
      ...picked(payload, "title", "description", "start_parameter", "currency"),
      total_amount: amounts.reduce((sum, amount) => sum + amount, 0),
    },
  };
}

/** Only blocks come back as they were given; HTML and Markdown are parsed at Telegram. */
function richMessage(payload: Fields): Fields {
  const given = fieldsOf(payload.rich_message) ?? {};
  return { rich_message: { blocks: copyOf(given.blocks) ?? [], ...picked(given, "is_rtl") } };
}

function entitiesOf(option: unknown): Fields {
  return known({ text_entities: copyOf(fieldsOf(option)?.text_entities) });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
