// Keys, refreshing and undo for the page of what to cook; without this file its forms still work.

import { sayAge } from "./age.js";

const EVERY_MS = 30_000;
const PATIENCE_MS = 10_000;
const UNDO_MS = 12_000;
const PARTS = ["cooking", "toasts"];
let hiding = null;
let busy = false;

document.documentElement.classList.add("scripted");

/** Put what the server says in place of what is shown; return whether it could be reached. */
async function show(address, options = {}) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(address, { credentials: "same-origin", signal, ...options });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.getElementById("cooking")) {
    location.reload(); // signed out, or refused
    return;
  }
  for (const id of PARTS) document.getElementById(id).replaceWith(page.getElementById(id));
  sayAge();
  const toast = document.querySelector("#toasts .toast");
  clearTimeout(hiding);
  if (toast) hiding = setTimeout(() => toast.remove(), UNDO_MS);
}

function lost() {
  const notice = document.getElementById("lost");
  notice.querySelector("span").textContent = document.getElementById("cooking").dataset.lost;
  notice.hidden = false;
  notice.scrollIntoView({ block: "center" });
}

// A page with an open form stays as it is: somebody is typing into it.
async function refresh() {
  if (busy || document.hidden || document.querySelector("details.change[open]")) return;
  const plain = new URL(location.href);
  for (const name of ["decided", "was", "refilled"]) plain.searchParams.delete(name);
  if (document.querySelector("#toasts .toast")) return;
  const at = [document.activeElement?.closest("[id]")?.id, scrollY];
  await show(plain).catch(() => sayAge());
  if (at[0]) document.getElementById(at[0])?.querySelector("summary, button")?.focus({ preventScroll: true });
  scrollTo({ top: at[1] });
}

addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.closest("#cooking, #toasts")) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  await show(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(lost);
  busy = false;
});

addEventListener("click", (event) => {
  const button = event.target.closest(".keypad button");
  if (!button) return;
  const field = button.closest(".amount").querySelector("input");
  if (button.dataset.step) {
    field.value = String(Math.max(0, Number(field.value || 0) + Number(button.dataset.step)));
  } else {
    const fresh = field.dataset.typed === undefined;
    field.value = ((fresh ? "" : field.value) + button.dataset.key).slice(0, 6);
    if (!Number.isNaN(Number(field.value))) field.value = String(Number(field.value));
  }
  field.dataset.typed = "";
});

addEventListener("toggle", (event) => {
  const opened = event.target;
  if (!opened.matches?.("details.change") || !opened.open) return;
  for (const other of document.querySelectorAll("details.change[open]")) {
    if (other !== opened) other.open = false;
  }
  const field = opened.querySelector(".amount input");
  field.inputMode = "none"; // our keys instead of the tablet's, which would hide half the page
}, true);

setInterval(refresh, EVERY_MS);
