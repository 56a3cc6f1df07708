// Small pieces every room of the desk uses: making elements, asking the desk, saying what it said.

export const byId = (id) => document.getElementById(id);

export function make(tag, settings = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(settings)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null)
      made.setAttribute(name, value);
  }
  made.append(...children.filter((one) => one !== null && one !== undefined));
  return made;
}

export const button = (text, act, kind = "") =>
  make("button", { type: "button", class: kind, onclick: act }, text);

// The last four digits are what people compare, so they stand out.
export function uid(label) {
  const code = make("span", { class: "uid" }, label.slice(0, -4));
  code.append(make("b", {}, label.slice(-4)));
  return code;
}

export function number(value, unit = "") {
  const plain = Number(value).toLocaleString("en-US", { maximumFractionDigits: 4 });
  return unit ? `${plain} ${unit}` : plain;
}

const GOOD = ["TestPassed", "RetestPassed", "NotRequired", "Accepted", "Active"];
const BAD = ["TestFailed", "RetestFailed", "Rejected", "Revoked", "Expired", "On hold"];
export function chip(text) {
  const kind = GOOD.includes(text) ? "good" : BAD.includes(text) ? "bad" : "wait";
  return make("span", { class: `chip ${kind}` }, text);
}

export function table(heads, rows) {
  const head = make("tr", {}, ...heads.map(([text, kind]) => make("th", { class: kind }, text)));
  const body = rows.map((cells) => make("tr", {}, ...cells.map((cell, place) =>
    make("td", { class: heads[place][1] }, ...(Array.isArray(cell) ? cell : [cell])))));
  return make("div", { class: "scroll" },
    make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
}

export const card = (title, ...children) =>
  make("section", { class: "card" }, title ? make("h2", {}, title) : null, ...children);

export const empty = (text) => make("div", { class: "card empty" }, text);

export function field(words, control) {
  return make("label", { class: "field" }, make("span", {}, words), control);
}

export function choice(name, options, chosen) {
  const select = make("select", { name });
  for (const [value, text] of options) select.append(new Option(text, value));
  if (chosen !== undefined) select.value = chosen;
  return select;
}

export const input = (name, settings = {}) => make("input", { name, ...settings });

// Empty fields are left out: the desk then uses its own default.
export function said(form) {
  const found = {};
  for (const one of form.elements) {
    if (!one.name || one.value === "") continue;
    if (one.type === "checkbox") found[one.name] = one.checked;
    else found[one.name] = one.type === "number" ? Number(one.value) : one.value;
  }
  return found;
}

export async function ask(name, query = {}) {
  const answer = await fetch(`/desk/api/${name}?${new URLSearchParams(query)}`);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

export async function tell(verb, payload) {
  const answer = await fetch(`/desk/api/${verb}`,
    { method: "POST", body: JSON.stringify(payload) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

export function report(text, bad = false) {
  byId("said").className = bad ? "bad" : "";
  byId("said").textContent = text;
}

// Asks for what a deed needs, in the middle of the page; `act` does it with what was typed.
export function askPerson(title, words, fields, press, act) {
  const dialog = byId("dialog"), form = byId("dialog-form");
  const wrong = make("p", { class: "soft", role: "alert" });
  form.replaceChildren(make("h2", {}, title), make("p", { class: "soft" }, words), ...fields, wrong,
    make("div", { class: "row" }, make("button", { value: "go" }, press),
      button("Leave it", () => dialog.close(), "second")));
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      await act(said(form));
      dialog.close();
    } catch (problem) {
      wrong.className = "chip bad";
      wrong.textContent = problem.message;
    }
  };
  dialog.showModal();
}
