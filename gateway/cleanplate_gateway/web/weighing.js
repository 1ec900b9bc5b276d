// The weighing screen: stream, reason, weight. A weighing is on this tablet's disk (records.js) before the
// screen says that it is kept; weighings.js sends it.

import { kilograms } from "./amounts.js";
import { uuid } from "./device.js";
import { Entry } from "./entry.js";
import { Facts } from "./facts.js";
import { Ledger } from "./ledger.js";
import { Photo } from "./photo.js";
import { Records } from "./records.js";
import { Scale } from "./scale.js";
import { Weighings } from "./weighings.js";

const UNDO_MS = 6_000;
const EVERY_MS = 30_000;
const REMADE = [
  "canteen_id", "meal_session_id", "stream", "gross_grams", "tare_grams", "weighed_at", "reason",
  "container", "method", "entered", "dish_id", "food",
];

const page = (id) => document.getElementById(id);
const read = (id) => JSON.parse(page(id).textContent);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_match, name) => values[name]);

const form = page("weighing");
const words = read("weighing-words");
const meal = form.elements.meal_session_id;
const records = new Records();
const weighings = new Weighings(form.dataset.url, form.dataset.csrf, records);
const facts = new Facts(form.dataset.facts, read("weighing-facts"), weighings);
const entry = new Entry(form, facts, words);
const photo = new Photo();
const ledger = new Ledger(records, facts, words, {
  again: ({ id }) => weighings.again(id),
  drop: ({ id }) => weighings.drop(id),
  correct,
});
let storage = null; // why nothing can be kept here
let saving = false;
let latest = null; // the weighing that may still be undone
let told = null; // the id of the weighing that the words below the form are about
let correcting = null; // the entry whose place the next weighing takes
let automatic = null; // the meal that was chosen by the clock

async function save() {
  const lack = entry.missing();
  if (lack) {
    lack[0].focus();
    return;
  }
  if (saving) return;
  saving = true;
  const draft = entry.draft();
  const label = { stream: streamName(draft.stream) };
  const before = correcting && (await records.find(correcting.id));
  if (before) Object.assign(draft, inPlaceOf(before));
  if (photo.taken) draft.photo_sha256 = await photo.digest();
  const kept = await keep(draft, label, photo.taken);
  saving = false;
  if (!kept) return;
  told = kept.id;
  entry.learnTare();
  if (before?.state === "rejected") weighings.drop(before.id);
  stopCorrecting();
  entry.clear();
  photo.clear();
  say(fill(words.kept, described(kept, label)), costOf(kept));
  offerUndo(kept, label);
}

// What the service refused was never there: what stands in its place corrects what that corrected.
function inPlaceOf({ id, item, state }) {
  const corrects = state === "rejected" ? item.corrects : id;
  return { weighed_at: item.weighed_at, ...(corrects ? { corrects } : {}) };
}

/** Keep a weighing, and say so only if it is; return it, or null. */
async function keep(draft, label, jpeg) {
  try {
    const item = await weighings.add(draft, label, jpeg);
    storage = null;
    return item;
  } catch (error) {
    storage = error.name === "QuotaExceededError" ? words.disk_full : words.no_storage;
    say(storage);
    return null;
  } finally {
    show();
  }
}

function offerUndo(item, label) {
  latest = { item, label };
  page("undo").hidden = false;
  setTimeout(() => latest?.item === item && stopUndo(), UNDO_MS);
}

function stopUndo() {
  latest = null;
  page("undo").hidden = true;
}

/** Take the last weighing back: there was none; or, of a correction, it is as it was before. */
async function undo() {
  if (!latest) return;
  const { item, label } = latest;
  stopUndo();
  const before = item.corrects && (await records.find(item.corrects));
  const source = before?.item ?? item;
  const draft = { id: uuid(), corrects: item.id };
  for (const name of REMADE) if (source[name] !== undefined) draft[name] = source[name];
  if (!before) {
    Object.assign(draft, { withdraws: true, gross_grams: 0, tare_grams: 0, method: "typed" });
    delete draft.entered;
    delete draft.container;
  }
  if (await keep(draft, label)) say(fill(words.undone, described(item, label)));
}

function correct(chosen) {
  correcting = chosen;
  entry.restore(chosen.item);
  const what = described(chosen.item, chosen.label);
  page("correcting-said").textContent = fill(words.correcting, what);
  page("correcting").hidden = false;
  entry.gross.focus();
}

function stopCorrecting() {
  correcting = null;
  page("correcting").hidden = true;
}

const streamName = (code) =>
  form.querySelector(`input[name=stream][value='${code}']`).closest("label").querySelector("strong").textContent;

const described = (item, label) => ({
  stream: label.stream,
  net: kilograms(item.gross_grams - item.tare_grams),
  at: facts.clock(Date.parse(item.weighed_at)),
});

/** Return what a weighing costs and how much it is for each diner, as far as anybody has said. */
function costOf(item) {
  const net = item.gross_grams - item.tare_grams;
  const fen = facts.stream(item.stream)?.value_fen_per_kg;
  const diners = facts.diners(item.meal_session_id);
  return [
    fen ? fill(words.costs, { yuan: ((net * fen) / 100_000).toFixed(2) }) : "",
    diners ? fill(words.each, { grams: (net / diners).toFixed(1) }) : "",
  ].filter(Boolean).join(" · ");
}

function say(text, cost = "") {
  page("toast").textContent = text;
  page("cost").textContent = cost;
}

/** Offer the meals that are known, and choose the one being served unless a person chose another. */
function showMeals() {
  const { today } = facts;
  const chosen = meal.value;
  const byHand = meal.options.length > 0 && chosen !== automatic;
  const known = facts.said.meals;
  const ofToday = known.filter((one) => one.date === today);
  const others = known.filter((one) => one.date !== today);
  meal.replaceChildren(
    ...ofToday.map((one) => new Option(one.name, one.id)),
    new Option(words.whole_day, ""),
    ...others.map((one) => new Option(`${one.date.slice(5)} ${one.name}`, one.id)),
  );
  automatic = facts.currentMeal?.id ?? "";
  meal.value = byHand && (!chosen || facts.meal(chosen)) ? chosen : automatic;
  showDishes();
}

function showDishes() {
  const dish = form.elements.dish;
  const chosen = dish.value;
  const dishes = facts.meal(meal.value)?.dishes ?? [];
  dish.replaceChildren(
    new Option(words.any_dish, ""),
    ...dishes.map((one) => new Option(one.name, one.id)),
    new Option(words.other_food, "other"),
  );
  dish.value = [...dish.options].some((one) => one.value === chosen) ? chosen : "";
}

function showAlarm() {
  const { missing } = facts.said;
  page("alarm").hidden = !missing.length;
  page("alarm-said").textContent = missing.map((one) => fill(words.missing, one)).join(" ");
}

function showClock() {
  const minutes = Math.round(facts.skew / 60_000);
  page("clock").hidden = !minutes;
  const text = minutes > 0 ? words.clock_behind : words.clock_ahead;
  page("clock-said").textContent = fill(text, { minutes: Math.abs(minutes) });
}

async function show() {
  let count = 0;
  try {
    count = records.database ? await ledger.draw() : 0;
  } catch {
    storage ??= words.no_storage;
  }
  const connection = page("connection");
  const said = { online: words.online, waiting: words.offline, signin: words.signin };
  connection.dataset.state = storage || (weighings.state === "online" && count) ? "waiting" : weighings.state;
  connection.dataset.waiting = count;
  connection.textContent = [
    storage,
    said[weighings.state] ?? weighings.said,
    count ? fill(words.count, { count }) : "",
  ].filter(Boolean).join(" · ");
  page("signin-again").hidden = weighings.state !== "signin";
  showClock();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
meal.addEventListener("change", showDishes);
page("undo").addEventListener("click", undo);
page("correcting-stop").addEventListener("click", () => {
  stopCorrecting();
  entry.clear();
});
weighings.addEventListener("settled", ({ detail }) => {
  for (const { item, label, state } of detail) {
    if (state === "rejected") say(fill(words.was_rejected, described(item, label)));
    else if (item.id === told) say(fill(words.was_saved, described(item, label)), costOf(item));
  }
});
weighings.addEventListener("photo-refused", ({ detail }) => say(fill(words.photo_refused, { detail })));
weighings.addEventListener("change", show);
facts.addEventListener("change", () => {
  showMeals();
  showAlarm();
  show();
});

page("insecure").hidden = isSecureContext;
showMeals();
showAlarm();
entry.show();
try {
  await records.open();
  navigator.storage?.persist?.();
} catch {
  storage = words.no_storage;
}
await show();
form.dataset.ready = "true";
weighings.send();
facts.refresh();
new Scale(words.scale, (grams) => entry.take(grams)).open("/k/scale-protocols.json").catch(() => null);
setInterval(showMeals, EVERY_MS);
if (navigator.serviceWorker) navigator.serviceWorker.register("/k/worker.js").catch(() => null);
