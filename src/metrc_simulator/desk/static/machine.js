// What whoever runs the simulator turns: faults, clock, the API, keys, limits, the world.

import { ask, askPerson, button, card, chip, choice, field, input, make, number, said,
  table } from "./parts.js";

export function faultsRoom(desk) {
  const rules = desk.world.faults;
  const form = make("form", {}, make("div", { class: "grid" },
    field("What happens", choice("kind", desk.world.faultKinds.map((kind) => [kind, kind]))),
    field("To calls of", choice("method", [["", "any method"], ["GET", "GET"], ["POST", "POST"],
      ["PUT", "PUT"], ["DELETE", "DELETE"]])),
    field("Path (* stands for anything; empty: every path)", input("path",
      { placeholder: "/packages/v2/*" })),
    field("How many times (empty: until ended)", input("times", { type: "number", min: "1" })),
    field("Delay in milliseconds", input("delayMs", { type: "number", min: "0" })),
    field("Chance of each call, 0 to 1", input("probability",
      { type: "number", min: "0", max: "1", step: "any" })),
    field("Seed of the chance", input("seed", { type: "number" }))),
  make("button", {}, "Add the fault"));
  form.onsubmit = (event) => {
    event.preventDefault();
    const rule = said(form);
    desk.tryTo("faults", { rules: [...rules, rule] }, `${rule.kind} is in force.`);
  };
  const steps = (rule) => rule.script.map((step) => step.kind || step).join(", then ");
  const shown = rules.map((rule, place) => [rule.kind || steps(rule),
    rule.method || "any", rule.path || "every",
    rule.script ? number(rule.script.length)
      : rule.times === null || rule.times === undefined ? "until ended" : number(rule.times),
    button("End", () => desk.tryTo("faults",
      { rules: rules.filter((_, other) => other !== place) }, "The fault is ended."),
    "second small")]);
  return [card("Faults in force", rules.length
    ? table([["What happens"], ["Method"], ["Path"], ["Left", "number"], [""]], shown)
    : make("p", { class: "soft" }, "None: METRC answers as it should."),
  rules.length > 1 ? button("End all", () => desk.tryTo("faults", { rules: [] },
    "All faults are ended."), "second") : null), card("Add a fault", form)];
}

export function clockRoom(desk) {
  const { now, offsetSeconds, apiUp } = desk.world;
  const set = (seconds, words) => () => desk.tryTo("clock", { offsetSeconds: seconds }, words);
  const form = make("form", {}, field("Offset from this machine's clock, in seconds",
    input("offsetSeconds", { type: "number", step: "any", value: offsetSeconds, required: true })),
  make("button", {}, "Set the clock"));
  form.onsubmit = (event) => {
    event.preventDefault();
    const { offsetSeconds: typed } = said(form);
    set(typed, `METRC's clock is ${typed} s off.`)();
  };
  return make("div", { class: "grid" },
    card("METRC's clock", make("p", {}, `${now.slice(0, 10)} ${now.slice(11, 19)} UTC, `,
      `${number(offsetSeconds)} s off this machine's.`),
    make("div", { class: "row" },
      button("An hour on", set(offsetSeconds + 3600, "An hour has passed."), "second"),
      button("A day on", set(offsetSeconds + 86400, "A day has passed."), "second"),
      button("True time", set(0, "METRC's clock is true."), "second")), form),
    card("The API", make("p", {}, "Every call of the API is ", chip(apiUp ? "Active" : "On hold"),
      apiUp ? " answered." : " refused with 503; these pages go on, as METRC's do."),
    button(apiUp ? "Take the API down" : "Bring the API up",
      () => desk.tryTo("api", { up: !apiUp }, apiUp ? "The API is down." : "The API is up."),
      apiUp ? "second" : "")));
}

export async function keysRoom(desk) {
  const told = await ask("keys");
  const standing = new Map(desk.world.users.map((one) => [one.name, one.revoked]));
  const rows = told.users.map((one) => {
    const revoked = standing.get(one.name);
    return [one.name, one.licenses.join(", "), `…${one.userKey.slice(-6)}`,
      chip(revoked ? "Revoked" : "Active"), make("div", { class: "row" },
        button("Copy", () => navigator.clipboard.writeText(one.userKey), "second small"),
        button(revoked ? "Restore" : "Revoke", () => desk.tryTo("keys",
          { userKey: one.userKey, action: revoked ? "restore" : "revoke" },
          `The key of ${one.name} is ${revoked ? "restored" : "revoked"}.`), "second small"))];
  });
  const form = make("form", {},
    field("GETs a second for each licence (empty: any number)",
      input("getPerSecond", { type: "number", min: "0" })),
    field("GETs at once for each licence (empty: any number)",
      input("concurrent", { type: "number", min: "0" })),
    field("GETs a second for the vendor key (empty: any number)",
      input("vendorGetPerSecond", { type: "number", min: "0" })),
    field("GETs at once for the vendor key (empty: any number)",
      input("vendorConcurrent", { type: "number", min: "0" })),
    make("button", {}, "Set the limits"));
  form.onsubmit = (event) => {
    event.preventDefault();
    desk.tryTo("limits", said(form), "The limits are set.");
  };
  return [card("Keys of people", make("p", { class: "soft" }, "Made at random for this world. ",
    button("Copy the vendor key", () => navigator.clipboard.writeText(told.vendorKey),
      "second small")),
  table([["Person"], ["Licences"], ["Key"], ["Standing"], [""]], rows)),
  card("Limits", form)];
}

export function worldRoom(desk) {
  const form = make("form", {},
    field("World", choice("world", desk.world.worlds.map((name) => [name, name]),
      desk.world.world)),
    make("button", {}, "Start it anew"));
  form.onsubmit = (event) => {
    event.preventDefault();
    const { world } = said(form);
    askPerson("Forget everything?", `Every package, transfer, key and journal row of this world is `
      + `deleted, and world ${world} begins with new keys.`, [], "Forget and begin",
    () => desk.act("reset", { world }, `World ${world} has begun.`));
  };
  return card("Start a world anew", make("p", { class: "soft" },
    "Ends what is here: history, keys, faults and limits."), form);
}
