import htmx from "htmx.org";

// Rows of a grid are picked with ticks or keys; what they add up to is told unit by unit.
const MICRO = 1000000n;

// Quantities have at most six decimals; whole millionths add without rounding.
function inMillionths(text) {
  const [whole, part = ""] = text.replace("-", "").split(".");
  const value = BigInt(whole || "0") * MICRO + BigInt(part.slice(0, 6).padEnd(6, "0"));
  return text.startsWith("-") ? -value : value;
}

function inWords(millionths) {
  const sign = millionths < 0n ? "-" : "";
  const value = millionths < 0n ? -millionths : millionths;
  const whole = (value / MICRO).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  const part = (value % MICRO).toString().padStart(6, "0").replace(/0+$/, "");
  return sign + whole + (part ? `.${part}` : "");
}

function ticksOf(form) {
  return [...form.querySelectorAll("tbody input[name=labels]")];
}

function tellPicked(form) {
  const picked = ticksOf(form).filter((tick) => tick.checked);
  const sums = new Map();
  picked.forEach(({ dataset }) => {
    sums.set(dataset.unit, (sums.get(dataset.unit) ?? 0n) + inMillionths(dataset.quantity));
  });
  const amounts = [...sums].map(([unit, sum]) => `${inWords(sum)} ${unit}`).join(" · ");
  form.querySelector(".bulk-bar").hidden = picked.length === 0;
  form.querySelector(".bulk-count").textContent = `${picked.length} picked: ${amounts}`;
  ticksOf(form).forEach((tick) => tick.closest("tr").classList.toggle("is-picked", tick.checked));
}

function pickOnChange(event) {
  const form = event.target.closest("form#picked");
  if (!form || event.target.type !== "checkbox") return;
  if (event.target.matches(".pick-all")) {
    ticksOf(form).forEach((tick) => {
      tick.checked = event.target.checked;
    });
  }
  tellPicked(form);
}

function pickNone(event) {
  if (!event.target.matches(".pick-none")) return;
  const form = event.target.closest("form#picked");
  form.reset();
  tellPicked(form);
}

function moveTo(row) {
  if (!row) return;
  document.querySelectorAll("tr.is-current").forEach((one) => one.classList.remove("is-current"));
  row.classList.add("is-current");
  row.querySelector("td a")?.focus();
  row.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  j: (rows, at) => moveTo(rows[Math.min(at + 1, rows.length - 1)]),
  k: (rows, at) => moveTo(rows[Math.max(at - 1, 0)]),
  x: (rows, at) => rows[at]?.querySelector("input[name=labels]")?.click(),
  "/": () => document.querySelector("#grid-text")?.focus(),
};

function paneOf() {
  return document.querySelector("#pane");
}

function closePane() {
  const pane = paneOf();
  if (!pane || pane.hidden) return;
  pane.hidden = true;
  const row = document.querySelector("tr.is-current");
  (row?.matches("[data-href]") ? row : row?.querySelector("td a"))?.focus();
}

// The page itself, asked for as a fragment; without it the link leads to the whole page.
async function showBeside(row) {
  const pane = paneOf();
  if (!pane || !row?.dataset.pane) return;
  moveTo(row);
  pane.hidden = false;
  pane.setAttribute("aria-busy", "true");
  try {
    await htmx.ajax("GET", row.dataset.pane, { target: pane, swap: "innerHTML" });
    pane.querySelector("h2")?.focus();
  } finally {
    pane.removeAttribute("aria-busy");
  }
}

function showOnClick(event) {
  if (event.target.closest(".pane-close")) closePane();
  const row = event.target.closest("tr[data-pane]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  // A link stays a link, and whoever marks text wants to copy it.
  if (event.target.closest("a, button, input, label, summary")) return;
  if (window.getSelection().toString()) return;
  showBeside(row);
}

function showOnKey(event) {
  if (event.key === "Escape") closePane();
  if (event.key !== " " && event.key !== "Enter") return;
  // Only the row that J and K have moved to: a link reached by Tab opens its page as links do.
  // In a queue, where the row itself has the focus, Enter opens the page.
  const isQueue = event.target.matches("tr[data-href]");
  const row = isQueue ? event.target : event.target.closest("tr.is-current[data-pane]");
  if (!row?.dataset.pane || (isQueue && event.key === "Enter") || event.ctrlKey || event.metaKey || event.target.closest("input, button")) return;
  event.preventDefault();
  showBeside(row);
}

function actOnKey(event) {
  const grid = document.querySelector(".pick-grid");
  if (!grid || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  event.preventDefault();
  const rows = [...grid.querySelectorAll("tbody tr")];
  const current = event.target.closest("tbody tr") ?? grid.querySelector("tr.is-current");
  KEYS[event.key](rows, rows.indexOf(current));
}

document.addEventListener("change", pickOnChange);
document.addEventListener("click", pickNone);
document.addEventListener("keydown", actOnKey);
document.addEventListener("click", showOnClick);
document.addEventListener("keydown", showOnKey);
// A browser that goes back keeps the ticks, not what they added up to.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form#picked").forEach(tellPicked);
});
