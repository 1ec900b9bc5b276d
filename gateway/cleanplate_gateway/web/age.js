// Says how old the numbers on a page are, once they are older than the page's own refreshing.

const OLD_MINUTES = 2;
const EVERY_MS = 10_000;

/** Write the age of what `[data-at]` stands for, if it is old. */
export function sayAge() {
  for (const place of document.querySelectorAll("[data-at]")) {
    const minutes = Math.floor((Date.now() - Date.parse(place.dataset.at)) / 60_000);
    const old = minutes >= OLD_MINUTES;
    place.classList.toggle("stale", old);
    if (old) place.textContent = place.dataset.old.replace("#", String(minutes));
  }
}

sayAge();
setInterval(sayAge, EVERY_MS);
if (navigator.serviceWorker) navigator.serviceWorker.register("/k/worker.js").catch(() => null);
