// The door: one field for the pick-up code, a verdict that nobody can miss, counters that move.

import { Outbox, localInstant, memory, uuid } from "./outbox.js";

const READY_AFTER_MS = 6_000;
const COUNT_EVERY_MS = 15_000;
const DOUBLE_TAP_MS = 700;
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
const verdict = document.getElementById("verdict");
const waiting = document.getElementById("waiting");
const connection = document.getElementById("connection");
const outbox = new Outbox("check-ins", form.dataset.url, form.dataset.csrf);
let latest = null;
let clearing = null;
let walkedInAt = -DOUBLE_TAP_MS;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_match, name) => values[name]);

function say(kind, word, detail) {
  clearTimeout(clearing);
  verdict.dataset.verdict = kind;
  document.getElementById("verdict-word").textContent = word;
  document.getElementById("verdict-detail").textContent = detail;
  if (kind !== "ready") {
    clearing = setTimeout(() => say("ready", words.ready, words.enter), READY_AFTER_MS);
  }
}

function checkIn(pickupCode) {
  if (!meal.value) {
    say("unknown", words.unknown, words.no_meal);
    return;
  }
  const item = { id: uuid(), meal_session_id: meal.value, at: localInstant() };
  if (pickupCode) item.pickup_code = pickupCode;
  latest = item.id;
  const label = { what: pickupCode ?? words.walk_in, at: item.at.slice(11, 16) };
  say("kept", words.kept, label.what);
  outbox.add(item, label);
}

function showQueue() {
  const entries = outbox.entries().filter((entry) => entry.problem || entry.item.id !== latest);
  const lines = entries.map(({ item, label, problem }) => {
    const line = document.createElement("li");
    line.dataset.state = problem ? "rejected" : "pending";
    const parts = { time: label.at, strong: label.what, em: problem ? words.rejected : words.pending };
    for (const [tag, text] of Object.entries(parts)) {
      line.append(Object.assign(document.createElement(tag), { textContent: text }));
    }
    if (problem) {
      const remove = Object.assign(document.createElement("button"), { type: "button" });
      remove.textContent = words.remove;
      remove.setAttribute("aria-label", `${words.remove}: ${label.at} ${label.what}`);
      remove.addEventListener("click", () => outbox.drop(item.id));
      line.append(
        Object.assign(document.createElement("p"), { textContent: problem.detail }), remove,
      );
    }
    return line;
  });
  waiting.replaceChildren(...lines.reverse());
  document.getElementById("waiting-part").hidden = !lines.length;
  const count = outbox.entries().filter((entry) => !entry.problem).length;
  const said = { online: words.online, waiting: words.offline, signin: words.signin };
  connection.dataset.state = outbox.state === "online" && count ? "waiting" : outbox.state;
  connection.textContent = [
    said[outbox.state] ?? outbox.said,
    count ? fill(words.count, { count }) : "",
    memory.lasting ? "" : words.forgetful,
  ].filter(Boolean).join(" · ");
  document.getElementById("signin-again").hidden = outbox.state !== "signin";
}

async function count() {
  if (!meal.value) return;
  let counts = {};
  try {
    const url = `/api/v1/menu/meal-sessions/${meal.value}/attendance`;
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (answer.ok) counts = await answer.json();
  } catch {
    counts = {};
  }
  for (const place of form.querySelectorAll("[data-count]")) {
    place.textContent = counts[place.dataset.count] ?? "–";
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const given = code.value.trim().toUpperCase();
  code.value = "";
  code.focus();
  if (given) checkIn(given);
  else say("ready", words.ready, words.enter);
});
document.getElementById("walk-in").addEventListener("click", (event) => {
  const pause = event.timeStamp - walkedInAt;
  code.focus();
  if (pause < DOUBLE_TAP_MS) return;
  walkedInAt = event.timeStamp;
  checkIn(null);
});
meal.addEventListener("change", () => {
  count();
  code.focus();
});
// A scanner types wherever the focus happens to be: bring it to the field.
document.addEventListener("keydown", (event) => {
  const elsewhere = event.target.closest("input, select, button, a, textarea");
  if (!elsewhere && event.key.length === 1 && !event.ctrlKey && !event.metaKey) code.focus();
});
outbox.addEventListener("settled", ({ detail: { entry, result } }) => {
  count();
  if (entry.item.id !== latest) return;
  if (result.outcome !== "rejected") {
    say("served", entry.item.pickup_code ? words.served : words.walk_in, entry.label.what);
    return;
  }
  const kind = VERDICTS[result.problem.type] ?? "unknown";
  say(kind, words[kind], `${entry.label.what}: ${result.problem.detail}`);
  outbox.drop(entry.item.id); // the guest stands here and has been told
});
outbox.addEventListener("change", showQueue);

showQueue();
outbox.send();
count();
setInterval(count, COUNT_EVERY_MS);
form.dataset.ready = "true";
