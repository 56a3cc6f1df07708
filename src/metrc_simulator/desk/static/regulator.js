// What the State does: holds, recalls, investigations, and the standing of a licence.

import { ask, button, card, chip, choice, empty, input, make, number, said, table,
  uid } from "./parts.js";

let sought = "";
export async function holdsRoom(desk) {
  const shelf = await ask("shelf", { search: sought });
  const form = make("form", { class: "row" }, input("search", { type: "search", size: 44,
    value: sought, placeholder: "a tag, its last digits, or an item", "aria-label": "Search" }),
  make("button", { class: "second" }, "Find"));
  form.onsubmit = (event) => {
    event.preventDefault();
    sought = (said(form).search || "").trim();
    desk.refresh();
  };
  const rows = shelf.packages.map((one) => [uid(one.label), one.item, one.license,
    number(one.quantity, one.unit),
    one.held ? [...one.holds.map((kind) => chip(`On ${kind}`))] : make("span", { class: "soft" },
      "free"),
    make("div", { class: "row" }, ...["hold", "recall", "investigation"].map((kind) => {
      const on = !one.holds.includes(kind);
      return button(on ? kind : `lift ${kind}`, () => desk.tryTo("hold",
        { label: one.label, kind, on },
        `${one.label}: ${kind} ${on ? "placed" : "lifted"}.`), "second small");
    }))]);
  return [card("Place or lift a hold", make("p", { class: "soft" },
    `${shelf.packages.length} of ${shelf.total} packages of every licence shown.`), form),
  rows.length ? card("", table(
    [["Package"], ["Item"], ["Licence", "name"], ["Quantity", "number"], ["Now"], [""]], rows))
    : empty("No package matches.")];
}

export function licensesRoom(desk) {
  return card("Standing of each licence", make("p", { class: "soft" },
    "Suspended licences may only read; revoked and expired ones get no answer but 401."),
  table([["Licence", "name"], ["Name"], ["Type"], ["Standing"], [""]],
    desk.world.facilities.map((one) => {
      const pick = choice("status", ["Active", "Suspended", "Revoked", "Expired"]
        .map((word) => [word, word]), one.status);
      pick.setAttribute("aria-label", `Standing of ${one.number}`);
      return [one.number, one.name, one.type, chip(one.status), make("div", { class: "row" },
        pick, button("Set", () => desk.tryTo("license",
          { number: one.number, status: pick.value },
          `${one.number} is ${pick.value.toLowerCase()}.`), "second small"))];
    })));
}
