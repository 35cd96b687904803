import { badRequest } from "../world/api-error.js";
import type { Call } from "../world/call.js";
import { type Json, present, stableNumber } from "../world/json.js";
import { listOf, numberOf, objectOf, textOf } from "../world/params.js";
import type { World } from "../world/world.js";
import { formatted } from "./formatting.js";

/** Highest value of the emoji that can be thrown. */
const DICE: Record<string, number> = { "🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64 };

/** `location`, live when `live_period` is given. @throws 400 without coordinates */
export function locationContent({ params }: Call): Json {
  return { location: locationOf(params) };
}

/** `venue`, with its `location` beside it. */
export function venueContent({ params }: Call): Json {
  const location = locationOf(params);
  const { title, address, foursquare_id, foursquare_type, google_place_id, google_place_type } = params;
  if (!title) throw badRequest("venue title is empty");
  const venue = {
    location,
    title,
    address,
    foursquare_id,
    foursquare_type,
    google_place_id,
    google_place_type,
  };
  return { venue: present(venue), location };
}

/** `contact`. */
export function contactContent({ params }: Call): Json {
  const { phone_number, first_name, last_name, vcard } = params;
  if (!phone_number) throw badRequest("phone number is empty");
  return { contact: present({ phone_number, first_name, last_name, vcard }) };
}

/** `dice`; the value is drawn from the message's own circumstances, so a test run repeats. */
export function diceContent({ bot, params }: Call, world: World): Json {
  const emoji = textOf(params, "emoji") || "🎲";
  if (!(emoji in DICE)) throw badRequest("dice emoji is invalid");
  return {
    dice: { emoji, value: 1 + stableNumber(`${bot} ${String(params.chat_id)} ${world.now()}`, DICE[emoji]!) },
  };
}

/** `poll`. @throws 400 without a question or options */
export function pollContent({ bot, params }: Call, world: World): Json {
  const question = textOf(params, "question");
  const options = listOf(params, "options").map(optionText);
  if (question === "") throw badRequest("poll question must be non-empty");
  if (options.length < 1) throw badRequest("poll must have at least 1 option");
  const { explanation, open_period, close_date, description, correct_option_ids } = params;
  const poll = present({
    id: `${world.now()}${stableNumber(`${bot} ${question}`, 1e6)}`,
    question: formatted(question, params.question_parse_mode).text,
    options: options.map((text, index) => ({ persistent_id: String(index), text, voter_count: 0 })),
    total_voter_count: 0,
    is_closed: params.is_closed === true,
    is_anonymous: params.is_anonymous !== false,
    type: textOf(params, "type") || "regular",
    allows_multiple_answers: params.allows_multiple_answers === true,
    allows_revoting: params.allows_revoting === true,
    members_only: params.members_only === true,
  });
  return {
    poll: { ...poll, ...present({ explanation, open_period, close_date, description, correct_option_ids }) },
  };
}

/** `checklist`. @throws 400 without a title or tasks */
export function checklistContent({ params }: Call): Json {
  const checklist = objectOf(params, "checklist");
  const tasks = checklist ? (listOf(checklist, "tasks") as Json[]) : [];
  if (!checklist || tasks.length === 0) throw badRequest("checklist must have at least 1 task");
  const { title, title_entities, others_can_add_tasks, others_can_mark_tasks_as_done } = checklist;
  const items = tasks.map(({ id, text, text_entities }) => present({ id, text, text_entities }));
  return {
    checklist: present({
      title,
      title_entities,
      tasks: items,
      others_can_add_tasks,
      others_can_mark_tasks_as_done,
    }),
  };
}

/** `game`. */
export function gameContent({ params }: Call): Json {
  const name = textOf(params, "game_short_name");
  if (name === "") throw badRequest("wrong game short name specified");
  return { game: { title: name, description: name, photo: [] } };
}

/** `invoice`. @throws 400 without a title or prices */
export function invoiceContent({ params }: Call): Json {
  const prices = listOf(params, "prices") as { amount?: number }[];
  if (prices.length === 0) throw badRequest("can't parse prices JSON object");
  const total = prices.reduce((sum, { amount }) => sum + (amount ?? 0), 0);
  const { title, description, start_parameter = "", currency } = params;
  if (!title) throw badRequest("invoice title is empty");
  return { invoice: { title, description, start_parameter, currency, total_amount: total } };
}

function locationOf(params: Json): Json {
  const [latitude, longitude] = [numberOf(params, "latitude"), numberOf(params, "longitude")];
  if (latitude === undefined || longitude === undefined)
    throw badRequest("latitude and longitude must be specified");
  const { horizontal_accuracy, live_period, heading, proximity_alert_radius } = params;
  return present({ latitude, longitude, horizontal_accuracy, live_period, heading, proximity_alert_radius });
}

const optionText = (option: unknown) =>
  typeof option === "string" ? option : textOf(option as Json, "text");
