// Says how old the numbers on a page are, once they are older than the page's own refreshing.

const OLD_MINUTES = 2;
const LONG_MINUTES = 120;
const EVERY_MS = 10_000;

/** Write the age of what `[data-at]` stands for, if it is old. */
export function sayAge() {
  for (const place of document.querySelectorAll("[data-at]")) {
    const minutes = Math.floor((Date.now() - Date.parse(place.dataset.at)) / 60_000);
    const old = minutes >= OLD_MINUTES;
    place.classList.toggle("stale", old);
    if (!old) continue;
    const [words, count] =
      minutes < LONG_MINUTES
        ? [place.dataset.minutes, minutes]
        : [place.dataset.hours, Math.floor(minutes / 60)];
    place.textContent = words.replace("#", String(count));
  }
}

sayAge();
setInterval(sayAge, EVERY_MS);
if (navigator.serviceWorker) navigator.serviceWorker.register("/k/worker.js").catch(() => null);
