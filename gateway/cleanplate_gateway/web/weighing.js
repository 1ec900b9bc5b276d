// The weighing screen: stream, reason, weight; see outbox.js for how an entry is never lost.

import { Outbox, deviceId, localInstant, memory, nextSequence, uuid } from "./outbox.js";

const MOST_GRAMS = 10_000_000;
const TARE = "cleanplate.tare.";

const form = document.getElementById("weighing");
const words = JSON.parse(document.getElementById("weighing-words").textContent);
const gross = form.elements.gross;
const tare = form.elements.tare;
const net = document.getElementById("net");
const zero = document.getElementById("zero");
const save = document.getElementById("save");
const toast = document.getElementById("toast");
const recent = document.getElementById("recent");
const waiting = document.getElementById("waiting");
const connection = document.getElementById("connection");
const reasons = [...form.querySelectorAll("[data-streams]")];
const outbox = new Outbox("weighings", form.dataset.url, form.dataset.csrf);
let active = gross;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_match, name) => values[name]);
const kilograms = (grams) => (grams / 1000).toFixed(grams % 10 ? 3 : 2);
const chosen = (name) => form.querySelector(`input[name=${name}]:checked`);
const isZero = () => zero.getAttribute("aria-pressed") === "true";

/** Return the grams that a field says; null if it is empty, NaN if it cannot be read. */
function grams(field) {
  const text = field.value.trim().replace(/[,。．]/g, ".");
  if (!text) return null;
  if (!/^(\d{1,5}(\.\d{0,3})?|\.\d{1,3})$/.test(text)) return NaN;
  const value = Math.round(Number(text) * 1000);
  return value <= MOST_GRAMS ? value : NaN;
}

/** Return what is still missing: which control to go to, and the sentence that says so. */
function missing() {
  if (!chosen("stream")) return [form.elements.stream[0], words.choose_stream];
  const offered = reasons.filter((option) => !option.hidden);
  if (!isZero() && offered.length && !chosen("reason")) {
    return [offered[0].querySelector("input"), words.choose_reason];
  }
  if (isZero()) return null;
  const [full, empty] = [grams(gross), grams(tare) ?? 0];
  if (full === null) return [gross, words.enter_weight];
  if (Number.isNaN(full)) return [gross, words.unreadable];
  if (Number.isNaN(empty)) return [tare, words.unreadable];
  if (needsTare()) return [tare, words.enter_tare];
  if (full < empty) return [gross, words.below_tare];
  if (full === empty) return [zero, words.say_zero];
  return null;
}

const needsTare = () => Boolean(chosen("container")?.value) && !grams(tare);

function show() {
  const stream = chosen("stream")?.value;
  for (const option of reasons) {
    option.hidden = !stream || isZero() || !option.dataset.streams.split(" ").includes(stream);
    if (option.hidden) option.querySelector("input").checked = false;
  }
  const none = reasons.every((option) => option.hidden);
  document.getElementById("reason-first").hidden = Boolean(stream);
  document.getElementById("reason-none").hidden = !stream || !none;
  for (const field of [gross, tare]) field.toggleAttribute("data-active", field === active);
  const value = isZero() ? 0 : grams(gross) - (grams(tare) ?? 0);
  const known = isZero() || grams(gross) !== null;
  net.textContent = known && value >= 0 ? kilograms(value) : "–";
  const lack = missing();
  save.setAttribute("aria-disabled", String(Boolean(lack)));
  save.textContent = lack ? lack[1] : fill(words.save, { net: kilograms(value) });
}

function press(key) {
  zero.setAttribute("aria-pressed", "false");
  if (key === "back") active.value = active.value.slice(0, -1);
  else if (key !== "." || !active.value.includes(".")) active.value += key;
  show();
}

function clear() {
  for (const name of ["stream", "reason"]) {
    for (const radio of form.querySelectorAll(`input[name=${name}]`)) radio.checked = false;
  }
  form.querySelector("input[name=container][value='']").checked = true;
  gross.value = tare.value = "";
  zero.setAttribute("aria-pressed", "false");
  active = gross;
}

/** Return the weighing on the screen, as the waste service takes it. */
function weighing() {
  const item = {
    id: uuid(),
    canteen_id: form.dataset.canteen,
    stream: chosen("stream").value,
    gross_grams: isZero() ? 0 : grams(gross),
    tare_grams: isZero() ? 0 : (grams(tare) ?? 0),
    device_id: deviceId(),
    sequence: nextSequence(),
    weighed_at: localInstant(),
  };
  const optional = {
    meal_session_id: form.elements.meal_session_id.value,
    reason: chosen("reason")?.value,
    container: isZero() ? "" : chosen("container")?.value,
  };
  for (const [name, value] of Object.entries(optional)) if (value) item[name] = value;
  return item;
}

function submit() {
  const lack = missing();
  if (lack) {
    lack[0].focus();
    return;
  }
  const item = weighing();
  if (item.container) memory.set(TARE + item.container, String(item.tare_grams));
  const label = {
    stream: chosen("stream").closest("label").querySelector("strong").textContent,
    net: kilograms(item.gross_grams - item.tare_grams),
    at: item.weighed_at.slice(11, 16),
  };
  clear();
  toast.textContent = fill(words.sending, label);
  outbox.add(item, label);
  show();
}

function line(label, state, detail) {
  const entry = document.createElement("li");
  entry.dataset.state = state;
  const parts = { time: label.at, strong: label.stream, b: `${label.net} kg`, em: words[state] };
  for (const [tag, text] of Object.entries(parts)) {
    entry.append(Object.assign(document.createElement(tag), { textContent: text }));
  }
  if (detail) entry.append(Object.assign(document.createElement("p"), { textContent: detail }));
  return entry;
}

function button(text, label, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  made.setAttribute("aria-label", `${text}: ${label.at} ${label.stream} ${label.net} kg`);
  made.addEventListener("click", act);
  return made;
}

function showQueue() {
  const entries = outbox.entries();
  const lines = entries.map(({ item, label, problem }) => {
    if (!problem) return line(label, "pending");
    const made = line(label, "rejected", problem.detail);
    made.append(
      button(words.again, label, () => outbox.again(item.id)),
      button(words.give_up, label, () => outbox.drop(item.id)),
    );
    return made;
  });
  waiting.replaceChildren(...lines.reverse());
  document.getElementById("waiting-part").hidden = !entries.length;
  const count = entries.filter((entry) => !entry.problem).length;
  const said = { online: words.online, waiting: words.offline, signin: words.signin };
  connection.dataset.state = outbox.state === "online" && count ? "waiting" : outbox.state;
  connection.textContent = [
    said[outbox.state] ?? outbox.said,
    count ? fill(words.count, { count }) : "",
    memory.lasting ? "" : words.forgetful,
  ].filter(Boolean).join(" · ");
  document.getElementById("signin-again").hidden = outbox.state !== "signin";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
form.addEventListener("change", (event) => {
  if (event.target.name === "container") {
    const kept = memory.get(TARE + event.target.value);
    tare.value = event.target.value && kept ? kilograms(Number(kept)) : "";
    active = event.target.value && !kept ? tare : gross;
  }
  show();
});
form.addEventListener("input", (event) => {
  if (event.target === gross || event.target === tare) zero.setAttribute("aria-pressed", "false");
  show();
});
form.addEventListener("focusin", (event) => {
  if (event.target === gross || event.target === tare) active = event.target;
  show();
});
for (const key of form.querySelectorAll("[data-key]")) {
  key.addEventListener("click", () => press(key.dataset.key));
}
zero.addEventListener("click", () => {
  zero.setAttribute("aria-pressed", String(!isZero()));
  if (isZero()) gross.value = tare.value = "";
  show();
});
outbox.addEventListener("settled", ({ detail: { entry, result } }) => {
  if (result.outcome === "rejected") {
    toast.textContent = fill(words.was_rejected, entry.label);
    return;
  }
  toast.textContent = fill(words.was_saved, entry.label);
  document.getElementById("recent-none")?.remove();
  recent.prepend(line(entry.label, "saved"));
});
outbox.addEventListener("change", showQueue);

show();
showQueue();
outbox.send();
form.dataset.ready = "true";
