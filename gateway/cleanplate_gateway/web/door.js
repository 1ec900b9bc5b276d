// The door: one field for codes, cards and staff numbers, a verdict that nobody can miss, counters that
// move. With a network the server decides; without one, the list that is kept here does.

import { localInstant, memory, uuid } from "./device.js";
import { Outbox } from "./outbox.js";
import { Rosters } from "./roster.js";
import { Undoing } from "./undoing.js";
import { Verdict } from "./verdict.js";

const COUNT_EVERY_MS = 15_000;
const LISTS_EVERY_MS = 60_000;
const COUNT_SOON_MS = 300;
const SERVER_PATIENCE_MS = 1_200;
const DOUBLE_TAP_MS = 700;
const MOST_SHOWN = 6;
// A pick-up code is six of these; six digits may as well be a staff number.
const MAYBE_CODE = /^[0-9A-HJKMNP-TV-Z]{6}$/;
const CODE = /^(?!\d{6}$)[0-9A-HJKMNP-TV-Z]{6}$/;
const NUMBER = /^[^\x00-\x1f\x7f]{1,64}$/; // a staff number, or what a card says
// What the menu service calls a refusal -> what the door shows.
const VERDICTS = {
  AlreadyServed: "used",
  OtherMeal: "other",
  OtherCanteen: "other",
  RegistrationCancelled: "cancelled",
};

const form = document.getElementById("door");
const words = JSON.parse(document.getElementById("door-words").textContent);
const code = form.elements.code;
const meal = form.elements.meal_session_id;
const waiting = document.getElementById("waiting");
const connection = document.getElementById("connection");
const outbox = new Outbox("check-ins", form.dataset.url, form.dataset.csrf);
const rosters = new Rosters();
const undoing = new Undoing(outbox);
const verdict = new Verdict(words, undo);
let latest = null; // the id of the check-in that the verdict is about
let unknown = null; // the number or card that was scanned and is on no list
let counts = null; // as the service last said, of this meal
let countingSoon = null;
let walkedInAt = -DOUBLE_TAP_MS;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_match, name) => values[name]);
const isOnline = () => outbox.state === "online" && navigator.onLine;
const mealName = (id) => meal.querySelector(`option[value="${id}"]`)?.textContent ?? "";
const pending = () => outbox.entries().filter((entry) => !entry.problem);

/** Return who stands here, as the list knows them. */
function portrait(entry) {
  const group = entry.kind === "person" ? "" : fill(words.group, { heads: entry.headcount });
  return [entry.name, group, words.portions[entry.portion], words.rices[entry.rice], entry.choice]
    .filter(Boolean)
    .join(" · ");
}

function isUsed(entry) {
  return entry.served || pending().some(({ item }) => item.pickup_code === entry.code);
}

async function scanned(given) {
  const text = given.toUpperCase(); // as codes are; numbers and cards are sent as they were given
  unknown = null;
  if (!meal.value) {
    verdict.say("unknown", words.unknown, words.no_meal);
    return;
  }
  const entry = await rosters.find(meal.value, given);
  if (entry) expected(entry);
  else if (isOnline() && MAYBE_CODE.test(text)) checkIn({ pickup_code: text }, text);
  else await unexpected(text, given);
}

function expected(entry) {
  const who = portrait(entry);
  if (!isOnline() && isUsed(entry)) {
    verdict.say("used", words.used, who);
    return;
  }
  checkIn({ pickup_code: entry.code }, who);
  const id = latest;
  const decideHere = () => {
    if (id !== latest || !pending().some(({ item }) => item.id === id)) return;
    verdict.say("served", words.served, `${who} · ${words.by_list}`, { undoable: true });
  };
  if (isOnline()) setTimeout(decideHere, SERVER_PATIENCE_MS);
  else decideHere();
}

async function unexpected(text, given) {
  latest = null;
  const other = await rosters.elsewhere(meal.value, given);
  if (other) {
    verdict.say("other", words.other, fill(words.is_for, { meal: mealName(other) }));
  } else if (!rosters.has(meal.value) && NUMBER.test(given)) {
    checkIn(CODE.test(text) ? { pickup_code: text } : { number: given }, given);
  } else {
    notRegistered(given);
    rosters.refresh(meal.value);
  }
}

function notRegistered(text, detail = words.ask_walk_in) {
  if (!CODE.test(text) && NUMBER.test(text)) unknown = text;
  verdict.say("unknown", words.unknown, `${text} · ${detail}`, { walkIn: true });
}

function checkIn(who, label) {
  const item = { id: uuid(), meal_session_id: meal.value, at: localInstant(), ...who };
  latest = item.id;
  const shown = { what: label, at: item.at.slice(11, 16) };
  verdict.say("kept", words.kept, shown.what, { undoable: true });
  outbox.add(item, shown);
}

function walkIn(event) {
  const pause = event.timeStamp - walkedInAt;
  code.focus();
  if (pause < DOUBLE_TAP_MS) return;
  walkedInAt = event.timeStamp;
  if (!meal.value) verdict.say("unknown", words.unknown, words.no_meal);
  else checkIn(unknown ? { number: unknown } : {}, unknown ?? words.walk_in);
  unknown = null;
}

async function undo() {
  const id = latest;
  latest = null;
  code.focus();
  if (!id) return;
  const entry = outbox.entries().find((one) => one.item.id === id) ?? settled.get(id);
  if (entry?.item.pickup_code) rosters.use(entry.item.meal_session_id, entry.item.pickup_code, false);
  verdict.say("ready", words.undone, entry?.label.what ?? "");
  await undoing.add(id);
  count();
}

function lineOf({ item, label, problem }) {
  const line = document.createElement("li");
  line.dataset.state = problem ? "rejected" : "pending";
  const parts = { time: label.at, strong: label.what, em: problem ? words.rejected : words.pending };
  for (const [tag, text] of Object.entries(parts)) {
    line.append(Object.assign(document.createElement(tag), { textContent: text }));
  }
  if (!problem) return line;
  const remove = Object.assign(document.createElement("button"), { type: "button" });
  remove.textContent = words.remove;
  remove.setAttribute("aria-label", `${words.remove}: ${label.at} ${label.what}`);
  remove.addEventListener("click", () => outbox.drop(item.id));
  line.append(Object.assign(document.createElement("p"), { textContent: problem.detail }), remove);
  return line;
}

function showQueue() {
  const entries = outbox.entries();
  const shown = entries.filter((entry) => entry.problem || entry.item.id !== latest);
  const refused = shown.filter((entry) => entry.problem).reverse();
  const newest = shown.filter((entry) => !entry.problem).slice(-MOST_SHOWN).reverse();
  waiting.replaceChildren(...[...refused, ...newest].map(lineOf));
  document.getElementById("waiting-part").hidden = !shown.length;
  const left = entries.filter((entry) => !entry.problem).length;
  const said = { online: words.online, waiting: words.offline, signin: words.signin };
  connection.dataset.state = outbox.state === "online" && left ? "waiting" : outbox.state;
  connection.textContent = [
    said[outbox.state] ?? outbox.said,
    left ? fill(words.count, { count: left }) : "",
    memory.lasting ? "" : words.forgetful,
    form.dataset.day === localInstant().slice(0, 10) ? "" : words.stale,
  ].filter(Boolean).join(" · ");
  document.getElementById("signin-again").hidden = outbox.state !== "signin";
  showCounts(entries);
}

function showCounts(entries) {
  const mine = entries.filter(({ item, problem }) => !problem && item.meal_session_id === meal.value);
  const roster = rosters.known.get(meal.value);
  const heads = (some) => some.reduce((sum, entry) => sum + entry.headcount, 0);
  const expectedHere = mine.filter(({ item }) => item.pickup_code).length;
  const figures = isOnline() && counts ? { ...counts } : roster && {
    registered: heads(roster.entries),
    came: heads(roster.entries.filter(isUsed)),
    walk_ins: roster.walkIns + mine.length - expectedHere,
  };
  for (const place of form.querySelectorAll("[data-count]")) {
    place.textContent = figures?.[place.dataset.count] ?? "–";
  }
  form.querySelector("[data-count=on_the_way]").textContent = mine.length;
}

async function count() {
  clearTimeout(countingSoon);
  const asked = meal.value;
  if (!asked) return;
  let said = null;
  try {
    const url = `/api/v1/menu/meal-sessions/${asked}/attendance`;
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (answer.ok) said = await answer.json();
  } catch {
    said = null;
  }
  if (asked !== meal.value) return;
  counts = said && { ...said, came: said.registered - said.no_shows };
  if (said) rosters.noteWalkIns(asked, said.walk_ins);
  showQueue();
}

function countSoon() {
  clearTimeout(countingSoon);
  countingSoon = setTimeout(count, COUNT_SOON_MS);
}

async function refreshLists() {
  for (const option of meal.options) await rosters.refresh(option.value);
  showQueue();
}

const settled = new Map(); // what was acknowledged while the verdict may still be taken back
function onSettled({ detail: { entry, result } }) {
  countSoon();
  const { item, label } = entry;
  const isServed = result.outcome !== "rejected" || result.problem.type === "AlreadyServed";
  if (isServed && item.pickup_code) rosters.use(item.meal_session_id, item.pickup_code);
  if (item.id !== latest) return;
  if (result.outcome !== "rejected") {
    settled.clear();
    settled.set(item.id, entry);
    const word = item.pickup_code ? words.served : words.walk_in;
    verdict.say("served", word, label.what, { undoable: true });
    return;
  }
  const kind = VERDICTS[result.problem.type];
  if (kind) verdict.say(kind, words[kind], `${label.what} · ${result.problem.detail}`);
  else notRegistered(item.pickup_code ?? item.number ?? label.what, result.problem.detail);
  if (item.number) unknown = null; // nobody has it: the next tap counts without a name
  outbox.drop(item.id); // the guest stands here and has been told
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const given = code.value.trim();
  code.value = "";
  code.focus();
  if (given) scanned(given);
  else verdict.ready();
});
document.getElementById("walk-in").addEventListener("click", walkIn);
document.getElementById("walk-in-here").addEventListener("click", walkIn);
meal.addEventListener("change", () => {
  counts = null;
  count();
  code.focus();
});
// A scanner types wherever the focus happens to be: bring it to the field.
document.addEventListener("keydown", (event) => {
  const elsewhere = event.target.closest("input, select, button, a, textarea");
  if (!elsewhere && event.key.length === 1 && !event.ctrlKey && !event.metaKey) code.focus();
});
addEventListener("focus", () => code.focus());
document.querySelector("form[action='/sign-out']")?.addEventListener("submit", () => rosters.forget());
outbox.addEventListener("settled", onSettled);
outbox.addEventListener("change", showQueue);
for (const name of ["online", "offline"]) addEventListener(name, showQueue);

await rosters.open(form.dataset.day);
showQueue();
outbox.send();
undoing.send();
await Promise.all([refreshLists(), count()]);
setInterval(count, COUNT_EVERY_MS);
setInterval(refreshLists, LISTS_EVERY_MS);
setInterval(() => undoing.send(), COUNT_EVERY_MS);
if (navigator.serviceWorker) navigator.serviceWorker.register("/k/worker.js").catch(() => null);
form.dataset.ready = "true";
