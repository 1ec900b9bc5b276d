// Keys and shares for the leftovers page; without this file its fields are typed into as they are.
const form = document.getElementById("leftovers");

if (form) {
  document.documentElement.classList.add("scripted");
  const fields = [...form.querySelectorAll("tbody input")];
  const lefts = fields.filter((field) => field.name.startsWith("left-"));
  const active = document.getElementById("active");
  let current = null;
  let fresh = true;

  const kilograms = (field) => Number(field.value.replace(/[,，]/, "."));
  const preparedOf = (field) => field.closest("tr").querySelector('[name^="prepared-"]');

  function choose(field) {
    current?.removeAttribute("data-active");
    current = field;
    fresh = true;
    field.dataset.active = "";
    active.textContent = field.getAttribute("aria-label");
    field.closest("tr").scrollIntoView({ block: "nearest" });
  }

  function shares() {
    for (const left of lefts) {
      const prepared = kilograms(preparedOf(left));
      const known = left.value !== "" && prepared > 0 && kilograms(left) >= 0;
      const share = known ? Math.round((100 * kilograms(left)) / prepared) : null;
      const output = left.closest("tr").querySelector("output");
      output.textContent = share === null ? "–" : `${share} %`;
      output.classList.toggle("worse", share !== null && share > 100);
    }
  }

  function press(key) {
    if (!current) choose(lefts[0]);
    const text = fresh && key !== "back" ? "" : current.value;
    if (key === "back") current.value = text.slice(0, -1);
    else if (key !== "." || !text.includes(".")) current.value = (text + key).slice(0, 9);
    fresh = false;
    shares();
  }

  function next() {
    const place = lefts.findIndex((left) => left.closest("tr") === current?.closest("tr"));
    choose(lefts[(place + 1) % lefts.length]);
  }

  for (const field of fields) {
    field.inputMode = "none"; // our keys instead of the tablet's, which would hide half the dishes
    field.addEventListener("focus", () => choose(field));
    field.addEventListener("input", () => { fresh = false; shares(); });
  }
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.key) press(button.dataset.key);
    if (button?.dataset.share) {
      const left = current?.closest("tr").querySelector('[name^="left-"]') ?? lefts[0];
      const grams = Math.round(10 * kilograms(preparedOf(left)) * button.dataset.share);
      left.value = String(grams / 1000);
      shares();
      choose(left);
      next();
    }
    if (button?.id === "next") next();
  });
  choose(lefts.find((left) => left.value === "") ?? lefts[0]);
  shares();
}
