// What a device hashes of each weighing: the same bytes as cleanplate_shared/chain.py.

import { sha256 } from "./sha256.js";

export const START = "0".repeat(64);
const VERSION = "cleanplate.weighing.1";

/** Return a text as the service keeps it: without blanks at its ends, and none but whole letters. */
export function tidy(text) {
  return text.replace(/^[\s\x85]+|[\s\x85]+$/g, "").replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** Return the hash that a weighing must bear. */
export function hashOf(item) {
  const entered = item.entered ?? {};
  const said = [
    VERSION,
    item.previous_hash,
    item.device_id,
    item.sequence,
    item.id,
    item.canteen_id,
    item.meal_session_id,
    item.stream,
    item.gross_grams,
    item.tare_grams,
    Date.parse(item.weighed_at),
    item.reason,
    item.container,
    item.method,
    entered.quantity,
    entered.unit,
    entered.grams_per_unit,
    item.dish_id,
    item.food,
    item.photo_sha256,
    item.corrects,
    Boolean(item.withdraws),
  ];
  return sha256(new TextEncoder().encode(JSON.stringify(said.map((one) => one ?? null))));
}
