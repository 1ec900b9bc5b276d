// What the screen knows of the canteen: containers, meals, dishes, prices. As the page brought it, then as
// the service says; kept here, so that the newest is at hand without a network.

import { memory } from "./device.js";

const KEY = "cleanplate.weighing-facts.";
const EVERY_MS = 60_000;
const PATIENCE_MS = 10_000;
const CLOCKS_DIFFER_MS = 120_000; // as the waste service says it (docs/decisions/0022)

export class Facts extends EventTarget {
  constructor(url, given, sender) {
    super();
    this.url = url;
    this.sender = sender;
    this.key = KEY + url;
    const kept = memory.read(this.key);
    this.said = kept && kept.language === given.language && kept.at > given.at ? kept : given;
    setInterval(() => this.refresh(), EVERY_MS);
  }

  async refresh() {
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const answer = await fetch(this.url, { cache: "no-store", signal });
      this.sender.hear(answer);
      if (!answer.ok || answer.redirected) return;
      this.said = await answer.json();
      this.sender.csrf = this.said.csrf;
      memory.set(this.key, JSON.stringify({ ...this.said, csrf: null }));
    } catch {
      return; // what is known stays
    } finally {
      this.dispatchEvent(new Event("change"));
    }
  }

  /** Return by how many milliseconds the server's clock is ahead, if that is worth a word; else 0. */
  get skew() {
    const { ahead } = this.sender;
    return ahead !== null && Math.abs(ahead) > CLOCKS_DIFFER_MS ? ahead : 0;
  }

  get now() {
    return Date.now() + this.skew;
  }

  get today() {
    return this.dayOf(this.now);
  }

  /** Return the day at the canteen of an instant, as 2026-11-20. */
  dayOf(at) {
    return new Intl.DateTimeFormat("sv-SE", { timeZone: this.said.time_zone }).format(new Date(at));
  }

  /** Return the time of day at the canteen of an instant, as 12:30. */
  clock(at) {
    const format = { timeZone: this.said.time_zone, hour: "2-digit", minute: "2-digit" };
    return new Intl.DateTimeFormat("sv-SE", format).format(new Date(at));
  }

  stream(code) {
    return this.said.streams[code];
  }

  meal(id) {
    return this.said.meals.find((meal) => meal.id === id);
  }

  /** Return today's meal that is being served or was served last; undefined before the first. */
  get currentMeal() {
    const { today, now } = this;
    const begun = (meal) => meal.date === today && Date.parse(meal.begins_at) <= now;
    return this.said.meals.findLast(begun);
  }

  /** Return the diners of a meal, or of the day if none is named; null if nobody knows. */
  diners(mealId) {
    const of = this.said.meals.filter((meal) => (mealId ? meal.id === mealId : meal.date === this.today));
    return of.reduce((sum, meal) => sum + (meal.diners ?? 0), 0) || null;
  }
}
