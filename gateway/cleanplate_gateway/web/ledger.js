// The lists beside the form: what has not reached the server, and the latest weighings.

import { kilograms } from "./amounts.js";

const MOST_SHOWN = 30;

export class Ledger {
  /** `actions`: what the buttons do with an entry: `again`, `drop`, `correct`. */
  constructor(records, facts, words, actions) {
    this.records = records;
    this.facts = facts;
    this.words = words;
    this.actions = actions;
  }

  /** Draw both lists; return how many entries wait. */
  async draw() {
    const [rejected, newest, count] = await Promise.all([
      this.records.in("rejected"),
      this.records.newest(MOST_SHOWN),
      this.records.count("waiting"),
    ]);
    const waiting = newest.filter((entry) => entry.state === "waiting");
    const shown = [...rejected.reverse(), ...waiting];
    document.getElementById("waiting").replaceChildren(...shown.map((entry) => this.line(entry)));
    document.getElementById("waiting-part").hidden = !shown.length;
    const sent = newest.filter((entry) => entry.state === "sent" && !entry.item.withdraws);
    const own = new Set(newest.map((entry) => entry.id));
    const others = this.facts.said.latest.filter((one) => !own.has(one.id));
    const lines = [
      ...sent.map((entry) => ({ at: entry.item.weighed_at, line: () => this.line(entry) })),
      ...others.map((one) => ({ at: one.weighed_at, line: () => this.foreign(one) })),
    ];
    lines.sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
    const recent = lines.slice(0, MOST_SHOWN).map((one) => one.line());
    document.getElementById("recent").replaceChildren(...recent);
    document.getElementById("recent-none").hidden = recent.length > 0;
    return count;
  }

  line(entry) {
    const { item, fate, state, problem } = entry;
    const made = this.row(entry.id, item, entry.label.stream, fate ?? state);
    if (problem) made.append(element("p", problem.detail));
    if (state === "rejected") {
      made.append(
        this.button("again", entry),
        ...(item.withdraws ? [] : [this.button("correct", entry)]),
        this.button("drop", entry),
      );
    } else if (!fate && !item.withdraws) made.append(this.button("correct", entry));
    return made;
  }

  foreign(weighing) {
    return this.row(weighing.id, weighing, weighing.name, "sent");
  }

  row(id, item, stream, state) {
    const made = document.createElement("li");
    made.dataset.state = state;
    made.dataset.id = id;
    const net = `${kilograms(item.gross_grams - item.tare_grams)} kg`;
    made.append(
      element("time", this.when(item.weighed_at)),
      element("strong", item.withdraws ? `${this.words.undo}: ${stream}` : stream),
      ...(item.withdraws ? [] : [element("b", net)]),
      element("em", this.words.states[state]),
    );
    return made;
  }

  when(instant) {
    const at = Date.parse(instant);
    const day = this.facts.dayOf(at);
    const clock = this.facts.clock(at);
    return day === this.facts.dayOf(Date.now()) ? clock : `${day.slice(5)} ${clock}`;
  }

  button(action, entry) {
    const { item, label } = entry;
    const made = element("button", this.words[action]);
    made.type = "button";
    const net = kilograms(item.gross_grams - item.tare_grams);
    const what = `${this.when(item.weighed_at)} ${label.stream} ${net} kg`;
    made.setAttribute("aria-label", `${this.words[action]}: ${what}`);
    made.addEventListener("click", () => this.actions[action](entry));
    return made;
  }
}

function element(tag, textContent) {
  return Object.assign(document.createElement(tag), { textContent });
}
