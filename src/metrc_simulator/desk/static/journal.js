// The journal at the foot: every call and what it did, newest first, live.

import { ask, byId, chip, make } from "./parts.js";

const KEPT_AT_MOST = 2000, SHOWN_AT_MOST = 80;
const KNOWING = { true: "the caller could know what was done",
  false: "the caller could not know what was done", null: "no answer has left yet" };
let rows = [], isReading = false;

const shows = {
  all: () => true,
  writes: (row) => row.applied.length > 0 || (row.method !== "GET" && row.status !== 200),
  mine: (row, desk) => row.licenseNumber === desk.license,
  faults: (row) => Boolean(row.fault),
};

export async function journal(desk) {
  if (isReading || (!byId("journal-live").checked && rows.length)) return;
  isReading = true;
  try {
    const after = rows.length ? rows[rows.length - 1].seq : Math.max(0, desk.world.journal - 500);
    const fresh = await ask("journal", { after });
    if (!fresh.length && rows.length) return;
    rows = rows.concat(fresh).slice(-KEPT_AT_MOST);
    showJournal(desk);
  } catch {
    byId("journal-count").textContent = "the simulator does not answer";
  } finally {
    isReading = false;
  }
}

export function showJournal(desk, forget = false) {
  if (forget) rows = [];
  const wanted = shows[byId("journal-filter").value];
  const found = rows.filter((row) => wanted(row, desk)).slice(-SHOWN_AT_MOST).reverse();
  const last = rows.length ? rows[rows.length - 1].seq : 0;
  byId("journal-count").textContent = `${found.length} shown, ${last} in all`;
  byId("journal").replaceChildren(...(found.length ? found.map(line)
    : [make("tr", {}, make("td", { colspan: 7, class: "soft" }, "Nothing of this kind yet."))]));
  byId("journal-filter").onchange = () => showJournal(desk);
}

function line(row) {
  const did = row.applied.map((one) => [one.effect, one.label || one.name].filter(Boolean).join(" "));
  const told = did.slice(0, 3).join("; ") + (did.length > 3 ? ` and ${did.length - 3} more` : "");
  const path = row.path.startsWith("/desk/api/") ? `desk: ${row.path.slice(10)}` : row.path;
  return make("tr", { tabindex: 0, onclick: () => open(row),
    onkeydown: (event) => { if (event.key === "Enter") open(row); } },
    make("td", { class: "number" }, String(row.seq)),
    make("td", {}, row.at.slice(11, 19)),
    make("td", {}, row.userName || ""),
    make("td", { class: "name" }, row.licenseNumber || ""),
    make("td", { class: "uid" }, `${row.method} ${path}`),
    make("td", {}, answerChip(row), row.fault ? ` ${row.fault}` : ""),
    make("td", {}, told));
}

function answerChip(row) {
  const made = chip(row.status === null ? "On hold" : row.status < 300 ? "Active" : "Rejected");
  made.textContent = row.status === null ? "none" : String(row.status);
  return made;
}

function open(row) {
  const dialog = byId("dialog"), form = byId("dialog-form");
  const part = (words, value) => [make("h3", {}, words),
    make("pre", {}, typeof value === "string" ? value : JSON.stringify(value, null, 2))];
  form.onsubmit = null;
  form.replaceChildren(
    make("h2", {}, `${row.seq}: ${row.method} ${row.path}`),
    make("p", { class: "soft" }, `${row.at} · ${row.userName || "nobody"} · ` +
      `${row.licenseNumber || "no licence"} · answered ${row.status ?? "nothing"}` +
      (row.fault ? ` · fault ${row.fault}` : "") + ` · ${KNOWING[row.callerCouldKnow]}`),
    ...part("Asked with", Object.keys(row.query || {}).length ? row.query : "no query"),
    ...part("Body", row.body ?? "no body"),
    ...part("Applied", row.applied.length ? row.applied : "nothing"),
    make("button", { value: "close" }, "Close"));
  dialog.showModal();
}
