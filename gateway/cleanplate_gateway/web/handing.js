// What is typed about a hand-over stays on this tablet until the server has it.

import { memory, uuid } from "./device.js";

const PATIENCE_MS = 5_000;
const about = document.querySelector("[data-sent]").dataset;
const form = document.getElementById("out");
const unreached = document.getElementById("unreached");
const place = `hand-over ${about.place}`;

if (memory.read(place)?.once === about.sent) memory.remove(place);
if (form) {
  restore(memory.read(place) ?? {});
  form.addEventListener("input", () => {
    form.elements.once.value = uuid();
    keep();
  });
  form.addEventListener("submit", send);
}

async function send(event) {
  event.preventDefault();
  keep();
  unreached.hidden = true;
  if (await isThere()) form.submit();
  else unreached.hidden = false;
}

// With the number of the attempt: what arrives although its answer was lost is not handed over twice.
function keep() {
  const typed = Object.fromEntries(new FormData(form));
  delete typed.csrf;
  memory.set(place, JSON.stringify(typed));
}

function restore(typed) {
  for (const field of form.elements) {
    if (!(field.name in typed)) continue;
    if (field.type === "radio") field.checked = field.value === typed[field.name];
    else field.value = typed[field.name];
    const folded = field.closest("details");
    if (folded && field.type !== "radio" && field.value) folded.open = true;
  }
}

async function isThere() {
  try {
    await fetch(form.action, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    return true;
  } catch {
    return false;
  }
}
