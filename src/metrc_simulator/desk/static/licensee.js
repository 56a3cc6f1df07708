// What people do in METRC's own pages for the licence they work for.

import { ask, askPerson, button, card, chip, choice, empty, field, input, make, number, said, table,
  uid } from "./parts.js";

const REJECTIONS = ["Damaged", "Quantity differs", "Wrong item", "Label is wrong",
  "Not ordered", "Other"];
const ours = (desk, row) => [row.shipper, row.recipient].includes(desk.license);
const name = (desk, license) => {
  const found = desk.world.facilities.find((one) => one.number === license);
  return found ? `${found.name}, ${license}` : license;
};
const today = (desk) => desk.world.now.slice(0, 10);

function waiting(desk) {
  const { templates, deliveries, rejected } = desk.world;
  return {
    templates: templates.filter((row) => row.shipper === desk.license),
    departures: deliveries.filter((row) => row.shipper === desk.license && !row.departed),
    arrivals: deliveries.filter((row) => row.recipient === desk.license && row.departed),
    roads: deliveries.filter((row) => ours(desk, row) && row.shipper === desk.license
      && row.departed),
    comingSoon: deliveries.filter((row) => row.recipient === desk.license && !row.departed),
    returns: rejected.filter((row) => row.shipper === desk.license
      && row.packages.some((one) => one.state === "Rejected")),
  };
}

export function waitingCount(desk) {
  const found = waiting(desk);
  return found.templates.length + found.departures.length + found.arrivals.length
    + found.returns.length;
}

export function waitingRoom(desk) {
  const found = waiting(desk);
  const cards = [
    ...found.arrivals.map((row) => arrival(desk, row)),
    ...found.templates.map((row) => template(desk, row)),
    ...found.departures.map((row) => departure(desk, row)),
    ...found.returns.map((row) => comeBack(desk, row)),
    ...found.roads.map((row) => onTheRoad(desk, row, "On its way to")),
    ...found.comingSoon.map((row) => onTheRoad(desk, row, "Registered, not departed, from")),
  ];
  return cards.length ? cards : empty("Nothing waits for you at this licence. A manifest is "
    + "registered from a template, or sent here from “New shipment” of another licence.");
}

const goods = (row, more = []) => table(
  [["Package"], ["Item"], ["Shipped", "number"], ["State"], ...more.map(([words]) => [words])],
  row.packages.map((one) => [uid(one.label), one.item, number(one.quantity, one.unit),
    chip(one.state), ...more.map(([, draw]) => draw(one))]));

function arrival(desk, row) {
  const form = make("form", {}, goods(row, [
    ["Decision", (one) => choice(`decision ${one.label}`, [["", "accept whole"],
      ...REJECTIONS.map((why) => [why, `reject: ${why.toLowerCase()}`])])],
    ["Counted", (one) => [input(`count ${one.label}`, { type: "number", step: "any", min: "0",
      value: one.quantity, "aria-label": `Counted of ${one.label}` }), ` ${one.unit}`]],
  ]), make("p", { class: "soft" },
    "METRC settles a delivery as a whole: every package is accepted or rejected, whole."),
  make("button", {}, "Receive the delivery"));
  form.onsubmit = (event) => {
    event.preventDefault();
    const packages = row.packages.map((one) => {
      const why = form.elements[`decision ${one.label}`].value;
      return why ? { label: one.label, reject: { reason: why } }
        : { label: one.label, receivedQuantity: Number(form.elements[`count ${one.label}`].value) };
    });
    desk.tryTo("receive", { licenseNumber: desk.license, deliveryId: row.deliveryId, packages },
      `Delivery of manifest ${row.manifestNumber} is settled.`);
  };
  return card(`Manifest ${row.manifestNumber} from ${name(desk, row.shipper)}`, form);
}

function template(desk, row) {
  return card(`Template “${row.name}” to ${name(desk, row.recipient)}`,
    make("p", { class: "soft" }, row.labels.length
      ? `${row.labels.length} package${row.labels.length > 1 ? "s" : ""}: ${row.labels.join(", ")}`
      : "It names no package yet."),
    button("Register the manifest", () => desk.tryTo("register-transfer",
      { licenseNumber: row.shipper, templateId: row.templateId },
      `A manifest is registered from “${row.name}”.`)));
}

function departure(desk, row) {
  return card(`Manifest ${row.manifestNumber} to ${name(desk, row.recipient)}, not departed`,
    goods(row), make("div", { class: "row" },
      button("Depart", () => desk.tryTo("depart", { deliveryId: row.deliveryId },
        `Manifest ${row.manifestNumber} is on the road.`)),
      button("Edit", () => edit(desk, row), "second"),
      button("Void the manifest", () => desk.tryTo("void",
        { licenseNumber: row.shipper, transferId: row.transferId },
        `Manifest ${row.manifestNumber} is void.`), "second")));
}

function edit(desk, row) {
  askPerson(`Edit manifest ${row.manifestNumber}`,
    "Only before departure. What is left empty stays as it is.",
    [field("Driver's name", input("DriverName")),
      field("Vehicle's plate", input("VehicleLicensePlateNumber")),
      field("Planned route", input("PlannedRoute"))],
    "Change the manifest",
    (typed) => desk.act("edit-manifest",
      { licenseNumber: row.shipper, transferId: row.transferId, ...typed },
      `Manifest ${row.manifestNumber} is changed.`));
}

function onTheRoad(desk, row, words) {
  const other = row.recipient === desk.license ? row.shipper : row.recipient;
  return card(`${words} ${name(desk, other)}: manifest ${row.manifestNumber}`, goods(row));
}

function comeBack(desk, row) {
  const back = row.packages.filter((one) => one.state === "Rejected").map((one) => one.label);
  return card(`Rejected by ${name(desk, row.recipient)}: manifest ${row.manifestNumber}`,
    goods(row), button(`Take ${back.length} back into stock`, () => desk.tryTo("return",
      { licenseNumber: row.shipper, deliveryId: row.deliveryId, labels: back },
      "The rejected packages are back in stock.")));
}

let sought = "";
export async function packagesRoom(desk) {
  const shelf = await ask("shelf", { licenseNumber: desk.license, search: sought });
  const search = input("search", { type: "search", value: sought, size: 40,
    placeholder: "last digits of a tag, or an item", "aria-label": "Search packages" });
  search.onchange = () => { sought = search.value.trim(); desk.refresh(); };
  const top = make("div", { class: "row between" }, search,
    make("span", { class: "soft" }, `${shelf.packages.length} of ${shelf.total} packages shown`),
    button("Create a package", () => create(desk, shelf)));
  if (!shelf.packages.length) {
    return [card("", top), empty(sought ? `No package here matches “${sought}”.`
      : "No package stands at this licence yet.")];
  }
  return card("", top, table(
    [["Package"], ["Item"], ["Quantity", "number"], ["Testing"], ["Where"], [""]],
    shelf.packages.map((one) => [uid(one.label), one.item, number(one.quantity, one.unit),
      [chip(one.state), one.held ? " " : "", one.held ? chip("On hold") : ""],
      one.list === "intransit" ? "on the road" : one.location || "no location",
      make("div", { class: "row" },
        button("Adjust", () => adjust(desk, shelf, one), "second small"),
        button("Move", () => move(desk, shelf, one), "second small"),
        button("Finish", () => finish(desk, one), "second small"))])));
}

function adjust(desk, shelf, one) {
  askPerson("Adjust the quantity", `${one.label}, ${one.item}: METRC shows `
    + `${number(one.quantity, one.unit)}.`,
  [field(`Change in ${one.unit}, with its sign (-12 takes 12 away)`,
    input("quantity", { type: "number", step: "any", required: true })),
  field("Reason", choice("reason", shelf.reasons.map((why) => [why, why]))),
  field("Note", input("note", { value: "By hand in METRC." }))],
  "Adjust", (typed) => desk.act("adjust",
    { licenseNumber: desk.license, label: one.label, ...typed },
    `${one.label} is adjusted by ${typed.quantity} ${one.unit}.`));
}

function move(desk, shelf, one) {
  askPerson("Move to another location", `${one.label}, ${one.item}, now in `
    + `${one.location || "no location"}.`,
  [field("Location", choice("Location", shelf.locations.map((where) => [where, where])))],
  "Move", (typed) => desk.act("move", { licenseNumber: desk.license, Label: one.label,
    MoveDate: today(desk), ...typed }, `${one.label} is in ${typed.Location}.`));
}

function finish(desk, one) {
  askPerson("Finish the package", `${one.label}, ${one.item}: METRC shows `
    + `${number(one.quantity, one.unit)}. Only an empty package can be finished.`,
  [field("Day", input("ActualDate", { type: "date", value: today(desk), required: true }))],
  "Finish", (typed) => desk.act("finish",
    { licenseNumber: desk.license, Label: one.label, ...typed }, `${one.label} is finished.`));
}

function create(desk, shelf) {
  const own = desk.world.facilities.find((row) => row.number === desk.license);
  const units = [...new Set(own.items.map((row) => row.unit))].map((unit) => [unit, unit]);
  const sources = shelf.packages.map((one) =>
    [one.label, `…${one.label.slice(-6)} ${one.item}, ${number(one.quantity, one.unit)}`]);
  askPerson("Create a package", "From one package, by hand in METRC's pages. The unit is the "
    + "same on both sides.",
  [field("From", choice("source", sources)),
    field("Tag", choice("Tag", shelf.tags.map((tag) => [tag, tag]))),
    field("Item", choice("Item", own.items.map((row) => [row.name, `${row.name} (${row.unit})`]))),
    field("Quantity", input("Quantity", { type: "number", step: "any", required: true })),
    field("Unit", choice("UnitOfMeasure", units)),
    field("Taken from the source, in its own unit",
      input("taken", { type: "number", step: "any", required: true }))],
  "Create", ({ source, taken, ...typed }) => {
    const from = shelf.packages.find((one) => one.label === source);
    return desk.act("create-package", { licenseNumber: desk.license, ...typed,
      ActualDate: today(desk),
      Ingredients: [{ Package: source, Quantity: taken, UnitOfMeasure: from.unit }] },
    `${typed.Tag} is created.`);
  });
}

export function shipmentRoom(desk) {
  const own = desk.world.facilities.find((row) => row.number === desk.license);
  const others = desk.world.facilities.filter((row) => row.number !== desk.license)
    .map((row) => [row.number, `${row.name}, ${row.number}`]);
  if (!own.items.length)
    return empty("This licence has no item yet, so it can ship nothing. Create one by the API.");
  const form = make("form", {},
    field("To", choice("toLicense", others)),
    field("Item", choice("item", own.items.map((row) => [row.name, `${row.name} (${row.unit})`]))),
    field("Quantity, in the item's unit",
      input("quantity", { type: "number", step: "any", min: "0", value: "1000", required: true })),
    field("Testing state", choice("labTestingState", [["", "as the item says"],
      ...desk.world.labStates.map((state) => [state, state])])),
    field("Production batch number (empty: none)", input("productionBatchNumber")),
    make("button", {}, "Ship it"));
  form.onsubmit = (event) => {
    event.preventDefault();
    const { toLicense, ...goodsTyped } = said(form);
    const unit = own.items.find((row) => row.name === goodsTyped.item).unit;
    desk.tryTo("ship-in", { fromLicense: desk.license, toLicense,
      packages: [{ ...goodsTyped, unitOfMeasure: unit }] },
    `${number(goodsTyped.quantity, unit)} of ${goodsTyped.item} are on the road.`);
  };
  return card("Ship goods out of nothing",
    make("p", { class: "soft" }, "Makes a package with a new tag at this licence, puts it on a "
      + "manifest and lets it depart: what a supplier's whole week looks like to the receiver."),
    form);
}

export async function tagsRoom(desk) {
  const shelf = await ask("shelf", { licenseNumber: desk.license, search: "" });
  const form = make("form", {},
    field("How many tags arrived", input("count",
      { type: "number", min: "1", max: "10000", value: "50", required: true })),
    make("button", {}, "Receive them"));
  form.onsubmit = (event) => {
    event.preventDefault();
    desk.tryTo("receive-tags", { licenseNumber: desk.license, ...said(form) },
      "The tags are on the shelf.");
  };
  const rows = shelf.tags.map((tag) => [uid(tag), button("Void", () => desk.tryTo("void-tags",
    { licenseNumber: desk.license, labels: [tag] }, `${tag} is void.`), "second small")]);
  return make("div", { class: "grid" }, card("Receive tags", form),
    card(`${number(shelf.tagsAvailable)} package tags on the shelf`, rows.length
      ? table([["The next ones"], [""]], rows)
      : make("p", { class: "soft" }, "The shelf is empty: receive tags first.")));
}
