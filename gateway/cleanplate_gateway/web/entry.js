// The form: what is on it, what is missing, and the weighing that it makes.

import { amountIn, gramsOf, gramsPer, inUnit, isVolume, kilograms } from "./amounts.js";
import { tidy } from "./chain.js";
import { memory, uuid } from "./device.js";

const TARE = "cleanplate.tare."; // of containers that this tablet weighed empty
const OTHER = "other";

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_match, name) => values[name]);

export class Entry {
  constructor(form, facts, words) {
    this.form = form;
    this.facts = facts;
    this.words = words;
    this.gross = form.elements.gross;
    this.tare = form.elements.tare;
    this.zero = document.getElementById("zero");
    this.save = document.getElementById("save");
    this.reasons = [...form.querySelectorAll("[data-streams]")];
    this.active = this.gross;
    this.scale = null; // the settled reading that gross was taken from
    this.listen();
  }

  chosen(name) {
    return this.form.querySelector(`input[name=${name}]:checked`)?.value ?? "";
  }

  choose(name, value) {
    for (const radio of this.form.querySelectorAll(`input[name=${name}]`)) {
      radio.checked = radio.value === (value ?? "");
    }
  }

  get unit() {
    return this.chosen("unit") || "kg";
  }

  get isZero() {
    return this.zero.getAttribute("aria-pressed") === "true";
  }

  get gramsPerUnit() {
    return gramsPer(this.unit, this.facts.stream(this.chosen("stream")));
  }

  /** Return the grams that a field says; null if there is nothing (known) yet, NaN if unreadable. */
  grams(field) {
    const amount = amountIn(field.value);
    if (amount === null) return NaN;
    const per = this.gramsPerUnit;
    return amount === "" || per === null ? null : gramsOf(amount, per);
  }

  get tareGrams() {
    return isVolume(this.unit) ? 0 : (this.grams(this.tare) ?? 0);
  }

  /** Return what is still missing: which control to go to, and the sentence that says so. */
  missing() {
    const { words } = this;
    if (!this.chosen("stream")) return [this.form.elements.stream[0], words.choose_stream];
    const offered = this.reasons.filter((option) => !option.hidden);
    if (!this.isZero && offered.length && !this.chosen("reason")) {
      return [offered[0].querySelector("input"), words.choose_reason];
    }
    return this.isZero ? null : this.lackOfWeight();
  }

  lackOfWeight() {
    const { words, gross, tare } = this;
    const [full, empty] = [this.grams(gross), this.tareGrams];
    if (full === null) return [gross, words.enter_weight];
    if (Number.isNaN(full)) return [gross, words.unreadable];
    if (Number.isNaN(empty)) return [tare, words.unreadable];
    if (this.chosen("container") && !empty && !isVolume(this.unit)) return [tare, words.enter_tare];
    if (full < empty) return [gross, words.below_tare];
    return full === empty ? [this.zero, words.say_zero] : null;
  }

  /** Return the weighing on the screen, without its number. */
  draft() {
    const { form } = this;
    const zero = this.isZero;
    const dish = form.elements.dish.value;
    return compact({
      id: uuid(),
      canteen_id: form.dataset.canteen,
      meal_session_id: form.elements.meal_session_id.value,
      stream: this.chosen("stream"),
      gross_grams: zero ? 0 : this.grams(this.gross),
      tare_grams: zero ? 0 : this.tareGrams,
      weighed_at: new Date().toISOString(),
      reason: this.chosen("reason"),
      container: zero || isVolume(this.unit) ? "" : this.chosen("container"),
      method: zero ? "typed" : this.scale ? "scale" : isVolume(this.unit) ? "volume" : "typed",
      entered: zero || this.scale ? null : this.entered(),
      dish_id: dish === OTHER ? "" : dish,
      food: dish === OTHER ? tidy(form.elements.food.value) : "",
    });
  }

  entered() {
    const quantity = amountIn(this.gross.value);
    return { quantity, unit: this.unit, grams_per_unit: this.gramsPerUnit };
  }

  /** Remember the tare of the container on the screen, unless the canteen has said it. */
  learnTare() {
    const code = this.isZero ? "" : this.chosen("container");
    if (code && this.tareGrams) memory.set(TARE + code, String(this.tareGrams));
  }

  /** Put a kept weighing on the screen, to correct it. */
  restore(item) {
    const { form, gross, tare } = this;
    this.clear();
    const unit = item.entered?.unit ?? "kg";
    for (const name of ["stream", "reason", "container"]) this.choose(name, item[name]);
    this.choose("unit", unit);
    const hasMeal = [...form.elements.meal_session_id.options].some((o) => o.value === item.meal_session_id);
    form.elements.meal_session_id.value = hasMeal ? item.meal_session_id : "";
    form.elements.dish.value = item.food ? OTHER : (item.dish_id ?? "");
    form.elements.food.value = item.food ?? "";
    this.zero.setAttribute("aria-pressed", String(!item.gross_grams));
    gross.value = item.gross_grams ? (item.entered?.quantity ?? inUnit(item.gross_grams, "kg")) : "";
    tare.value = item.tare_grams ? inUnit(item.tare_grams, isVolume(unit) ? "kg" : unit) : "";
    this.show();
  }

  clear() {
    for (const name of ["stream", "reason", "container"]) this.choose(name, "");
    this.gross.value = this.tare.value = this.form.elements.food.value = "";
    this.form.elements.dish.value = "";
    this.zero.setAttribute("aria-pressed", "false");
    this.active = this.gross;
    this.scale = null;
    this.show();
  }

  /** Put a settled weight of the scale into the form. */
  take(grams) {
    this.choose("unit", "kg");
    this.zero.setAttribute("aria-pressed", "false");
    this.gross.value = kilograms(grams);
    this.scale = grams;
    this.show();
  }

  show() {
    const stream = this.chosen("stream");
    for (const option of this.reasons) {
      option.hidden = !stream || this.isZero || !option.dataset.streams.split(" ").includes(stream);
      if (option.hidden) option.querySelector("input").checked = false;
    }
    const none = this.reasons.every((option) => option.hidden);
    document.getElementById("reason-first").hidden = Boolean(stream);
    document.getElementById("reason-none").hidden = !stream || !none;
    for (const field of [this.gross, this.tare]) {
      field.toggleAttribute("data-active", field === this.active);
      field.nextElementSibling.textContent = this.words.units[this.unit];
    }
    this.form.dataset.volume = String(isVolume(this.unit));
    this.form.elements.food.hidden = this.form.elements.dish.value !== OTHER;
    this.showNet();
  }

  showNet() {
    const full = this.isZero ? 0 : this.grams(this.gross);
    const net = full - (this.isZero ? 0 : this.tareGrams);
    document.getElementById("net").textContent = full !== null && net >= 0 ? kilograms(net) : "–";
    const lack = this.missing();
    this.save.setAttribute("aria-disabled", String(Boolean(lack)));
    this.save.textContent = lack ? lack[1] : fill(this.words.save, { net: kilograms(net) });
  }

  press(key) {
    this.zero.setAttribute("aria-pressed", "false");
    const { active } = this;
    if (active === this.gross && this.scale) [this.scale, active.value] = [null, ""];
    if (key === "back") active.value = active.value.slice(0, -1);
    else if (key !== "." || !active.value.includes(".")) active.value += key;
    this.show();
  }

  containerChosen() {
    const code = this.chosen("container");
    const preset = this.facts.said.containers.find((one) => one.code === code)?.tare_grams;
    const known = preset ?? Number(memory.get(TARE + code));
    this.tare.value = code && known ? inUnit(known, isVolume(this.unit) ? "kg" : this.unit) : "";
    this.active = code && !known ? this.tare : this.gross;
  }

  // A container's weight stays what it is; a number that was typed is now of the other unit.
  unitChosen() {
    this.scale = null;
    if (isVolume(this.unit)) {
      this.choose("container", "");
      this.tare.value = "";
      this.active = this.gross;
    } else if (this.chosen("container")) this.containerChosen();
  }

  listen() {
    const { form, gross, tare, zero } = this;
    form.addEventListener("change", ({ target }) => {
      if (target.name === "container") this.containerChosen();
      if (target.name === "unit") this.unitChosen();
      this.show();
    });
    form.addEventListener("input", ({ target }) => {
      if (target === gross || target === tare) zero.setAttribute("aria-pressed", "false");
      if (target === gross) this.scale = null;
      this.show();
    });
    form.addEventListener("focusin", ({ target }) => {
      if (target === gross || target === tare) this.active = target;
      this.show();
    });
    for (const key of form.querySelectorAll("[data-key]")) {
      key.addEventListener("click", () => this.press(key.dataset.key));
    }
    zero.addEventListener("click", () => {
      zero.setAttribute("aria-pressed", String(!this.isZero));
      if (this.isZero) gross.value = tare.value = "";
      this.show();
    });
  }
}

/** Return an object without what is not there. */
function compact(item) {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== "" && value !== null));
}
