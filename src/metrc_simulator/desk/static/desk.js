// The desk's frame: who one is, which tabs that person has, and the room that is open.

import { ask, byId, chip, make, report, tell } from "./parts.js";
import { journal, showJournal } from "./journal.js";
import { packagesRoom, shipmentRoom, tagsRoom, waitingCount, waitingRoom } from "./licensee.js";
import { samplesCount, samplesRoom } from "./laboratory.js";
import { holdsRoom, licensesRoom } from "./regulator.js";
import { clockRoom, faultsRoom, keysRoom, worldRoom } from "./machine.js";

const JOBS = { Retailer: "Receiver", Laboratory: "Lab analyst", Distributor: "Dispatcher" };
const AT_A_LICENSE = [
  ["waiting", "Waiting for me", waitingRoom, waitingCount],
  ["packages", "Packages", packagesRoom],
  ["shipment", "New shipment", shipmentRoom],
  ["tags", "Tags", tagsRoom],
];
const TABS = {
  license: AT_A_LICENSE,
  laboratory: [["samples", "Samples to test", samplesRoom, samplesCount], ...AT_A_LICENSE],
  regulator: [["holds", "Holds and recalls", holdsRoom], ["licenses", "Licences", licensesRoom]],
  machine: [
    ["faults", "Faults", faultsRoom],
    ["clock", "Clock and API", clockRoom],
    ["keys", "Keys and limits", keysRoom],
    ["world", "World", worldRoom],
  ],
};

export const desk = { world: null, role: "", tab: "", person: "", license: "" };

function tabs() {
  if (desk.role === "regulator" || desk.role === "machine") return TABS[desk.role];
  const own = desk.world.facilities.find((one) => one.number === desk.license);
  return TABS[own && own.type === "Laboratory" ? "laboratory" : "license"];
}

// Does a deed of the desk as the person chosen, says what came of it, and draws the room anew.
desk.act = async (verb, payload, words) => {
  const told = await tell(verb, desk.person ? { userName: desk.person, ...payload } : payload);
  report(words);
  if (verb === "reset") showJournal(desk, true);
  await desk.refresh();
  return told;
};
desk.tryTo = async (verb, payload, words) => {
  try {
    await desk.act(verb, payload, words);
  } catch (problem) {
    report(problem.message, true);
  }
};

function drawRoles() {
  const select = byId("role"), at = make("optgroup", { label: "At a licence" });
  for (const one of desk.world.facilities) {
    const words = `${JOBS[one.type] || "Colleague"} at ${one.name}, ${one.number}`;
    at.append(new Option(one.status === "Active" ? words : `${words} (${one.status})`, one.number));
  }
  const others = make("optgroup", { label: "Others" });
  others.append(new Option("Regulator of the State", "regulator"));
  others.append(new Option("Whoever runs this simulator", "machine"));
  select.replaceChildren(at, others);
  select.value = desk.role;
  if (!select.value) select.selectedIndex = 0;
  choose(select.value);
}

function choose(role) {
  desk.role = role;
  const isLicense = role !== "regulator" && role !== "machine";
  desk.license = isLicense ? role : "";
  const people = desk.world.users.filter((one) => one.licenses.includes(role));
  const names = people.map((one) => one.name).filter((name) => !name.startsWith("Sync "));
  byId("who").hidden = !isLicense || !names.length;
  byId("person").replaceChildren(...names.map((name) => new Option(name, name)));
  if (names.includes(desk.person)) byId("person").value = desk.person;
  desk.person = isLicense ? byId("person").value : role === "regulator" ? "Regulator" : "";
}

function drawTabs() {
  const mine = tabs();
  if (!mine.some(([name]) => name === desk.tab)) desk.tab = mine[0][0];
  const toJournal = make("button", { type: "button", class: "far",
    onclick: () => byId("journal-room").scrollIntoView({ behavior: "smooth" }) }, "Journal ↓");
  byId("tabs").replaceChildren(...mine.map(([name, words, , count]) => {
    const waiting = count ? count(desk) : 0;
    return make("button", {
      type: "button", "aria-current": name === desk.tab ? "page" : null,
      onclick: () => open(name),
    }, `${words} `, waiting ? make("span", { class: "count" }, String(waiting)) : null);
  }), toJournal);
}

async function open(name) {
  desk.tab = name;
  report("");
  await draw();
}

async function draw() {
  drawTabs();
  history.replaceState(null, "", `#${encodeURIComponent(desk.role)}/${desk.tab}`);
  const room = tabs().find(([name]) => name === desk.tab)[2];
  const made = await room(desk);
  byId("room").replaceChildren(...[made].flat());
}

desk.refresh = async () => {
  desk.world = await ask("overview");
  drawRoles();
  const { world, now, apiUp, faults } = desk.world;
  byId("status").replaceChildren(
    `World ${world} · METRC's time ${now.slice(0, 10)} ${now.slice(11, 16)} UTC · API `,
    chip(apiUp ? "Active" : "On hold"), ` ${apiUp ? "" : "down "}`,
    faults.length ? `· ${faults.length} fault rule${faults.length > 1 ? "s" : ""}` : "");
  byId("status").querySelector(".chip").textContent = apiUp ? "up" : "down";
  await draw();
  await journal(desk);
};

byId("role").addEventListener("change", async (event) => {
  choose(event.target.value);
  desk.tab = "";
  report("");
  await draw();
  showJournal(desk);
});
byId("person").addEventListener("change", (event) => { desk.person = event.target.value; });

const [role, tab] = decodeURIComponent(location.hash.slice(1)).split("/");
Object.assign(desk, { role: role || "", tab: tab || "" });
desk.refresh().catch((problem) => report(`The desk could not be read: ${problem.message}`, true));
setInterval(() => journal(desk), 2000);
