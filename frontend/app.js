import "htmx.org";
import "./grid.js";
import cytoscape from "cytoscape";
import dagre from "cytoscape-dagre";

cytoscape.use(dagre);

function copyOnPress(event) {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  event.preventDefault();
  navigator.clipboard.writeText(button.dataset.copy).then(() => {
    button.classList.add("is-copied");
    setTimeout(() => button.classList.remove("is-copied"), 1200);
  });
}

function drawLineage(place) {
  if (place.dataset.drawn) return;
  place.dataset.drawn = "yes";
  const graph = JSON.parse(place.dataset.graph);
  const drawing = cytoscape({
    container: place,
    elements: [
      ...graph.nodes.map((node) => ({
        data: {
          id: node.id,
          label: `…${node.tail}\n${node.item}\n${node.quantity}`,
        },
        classes: [node.ours ? "ours" : "theirs", node.centre ? "centre" : ""].join(" "),
      })),
      ...graph.arrows.map((arrow) => ({
        data: { source: arrow.source, target: arrow.target },
        classes: arrow.seen ? "seen" : "claimed",
      })),
    ],
    style: [
      {
        selector: "node",
        style: {
          shape: "round-rectangle",
          width: 190,
          height: 64,
          label: "data(label)",
          "text-wrap": "wrap",
          "text-max-width": 178,
          "text-valign": "center",
          "font-size": 13,
          "background-color": "#ffffff",
          "border-width": 1,
          "border-color": "#66758a",
          color: "#182433",
        },
      },
      { selector: ".theirs", style: { "background-color": "#eef1f5", "border-style": "dashed" } },
      { selector: ".centre", style: { "border-width": 3, "border-color": "#0b7285" } },
      {
        selector: "edge",
        style: {
          width: 1.5,
          "line-color": "#66758a",
          "target-arrow-color": "#66758a",
          "target-arrow-shape": "triangle",
          "curve-style": "taxi",
          "taxi-direction": "rightward",
        },
      },
      { selector: ".claimed", style: { "line-style": "dotted" } },
    ],
    layout: { name: "dagre", rankDir: "LR", nodeSep: 14, rankSep: 56 },
    minZoom: 0.3,
    maxZoom: 1.1,
    wheelSensitivity: 0.2,
  });
  drawing.on("tap", "node", (event) => {
    window.location.href = `../../${event.target.id()}/`;
  });
}

function closeOtherPanels(event) {
  document.querySelectorAll("details.dropdown-like[open]").forEach((panel) => {
    if (!panel.contains(event.target)) panel.removeAttribute("open");
  });
}

function lockWhileSending(event) {
  const button = event.submitter;
  if (!button || !event.target.matches("form[method=post]")) return;
  // Disabled only after the browser has read the form, or its name would be lost.
  setTimeout(() => {
    button.disabled = true;
  }, 0);
}

// A scanner is a keyboard: whatever it types lands in the field, and the next label replaces it.
function typeIntoTheScanField(event) {
  const field = document.querySelector("[data-scan]");
  if (!field || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
  if (event.target.closest("input, textarea, select, button, [contenteditable]")) return;
  field.value = "";
  field.focus();
}

function readyForTheNextLabel() {
  const field = document.querySelector("[data-scan]");
  if (!field) return;
  field.focus();
  field.select();
}

// J and K walk the rows of a queue, Enter opens; A and R lead to the buttons of an action. No key
// ever presses a button: what is signed is pressed by a hand that sees it.
function walkTheQueue(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, button, a, [contenteditable]")) return;
  const key = event.key.toLowerCase();
  const rows = [...document.querySelectorAll("[data-rows] tr[data-href]")];
  const focused = rows.indexOf(document.activeElement);
  // With the pane open the row shown in it is where one stands.
  const at = focused < 0 ? rows.findIndex((row) => row.matches(".is-current")) : focused;
  if (rows.length && (key === "j" || key === "k")) {
    event.preventDefault();
    const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + (key === "j" ? 1 : -1)));
    rows[next].focus();
  } else if (key === "enter" && at >= 0) {
    window.location.href = rows[at].dataset.href;
  } else if (key === "a" || key === "r") {
    const place = document.querySelector(`[data-key="${key}"]:not([disabled])`);
    if (!place) return;
    event.preventDefault();
    place.focus();
  }
}

// A page that outlives its session shows nothing of it any more, whether or not a server answers.
function endWithTheSession() {
  const idleMilliseconds = 1000 * Number(document.body.dataset.idleSeconds || 0);
  let seen = Date.now();
  const isAlive = () =>
    fetch("/account/alive/", { redirect: "manual", cache: "no-store" }).then(
      (answer) => answer.status === 204,
      () => false,
    );
  const look = async () => {
    if (Date.now() - seen < idleMilliseconds || (await isAlive())) return;
    clearInterval(looking);
    const back = document.createElement("a");
    back.href = location.pathname + location.search;
    back.textContent = "Your session has ended. Sign in to go on.";
    document.title = "Glassbox";
    document.body.replaceChildren(back);
  };
  const looking = idleMilliseconds ? setInterval(look, 30_000) : 0;
  document.addEventListener("htmx:afterRequest", () => { seen = Date.now(); });
}

document.addEventListener("keydown", walkTheQueue);
document.addEventListener("keydown", typeIntoTheScanField);
document.addEventListener("htmx:afterSwap", readyForTheNextLabel);
window.addEventListener("focus", readyForTheNextLabel);
document.addEventListener("click", copyOnPress);
document.addEventListener("click", closeOtherPanels);
document.addEventListener("submit", lockWhileSending);
document.addEventListener("DOMContentLoaded", () => {
  endWithTheSession();
  document.querySelectorAll("[data-graph]").forEach(drawLineage);
  readyForTheNextLabel();
});
