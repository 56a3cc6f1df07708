// What a laboratory's analyst does: values of a sample, its certificate, its release.

import { ask, button, card, chip, empty, field, input, make, number, table, uid } from "./parts.js";

const mine = (desk, released) => desk.world.samples.filter((row) =>
  row.laboratory === desk.license && row.released === released);
export const samplesCount = (desk) => mine(desk, false).length;

export async function samplesRoom(desk) {
  const sheets = [];
  for (const row of mine(desk, false)) sheets.push(await worksheet(desk, row));
  if (!sheets.length) sheets.push(empty("No sample waits here. A sample arrives like any "
    + "delivery: receive it first."));
  const done = mine(desk, true);
  return done.length ? [...sheets, releasedOnes(desk, done)] : sheets;
}

function releasedOnes(desk, rows) {
  return card("Released", table([["Sample"], ["Item"], ["State"], [""]], rows.map((row) =>
    [uid(row.label), row.item, chip(row.state), button("Revoke the results", () =>
      desk.tryTo("revoke-results", { label: row.label },
        `The results of ${row.label} are revoked.`), "second small")])));
}

const MARGIN = 0.4;
const likely = (test) => (test.maximum === null ? 0 : Number((test.maximum * MARGIN).toFixed(4)));

async function worksheet(desk, row) {
  const told = await ask("sample", { label: row.label });
  const head = make("div", { class: "row" }, uid(row.label), row.item, chip(row.state),
    make("span", { class: "soft" }, `sample of ${told.sources || "no package"}`));
  if (!told.tests.length && told.recorded) {
    return card("", head, make("p", {}, `All ${told.recorded} results are recorded.`),
      button("Release them", () => desk.tryTo("record-results", { licenseNumber: row.laboratory,
        label: row.label, passed: true, release: true }, `${row.label} is released.`)));
  }
  if (!told.tests.length) {
    return card("", head, make("p", { class: "soft" },
      "Its item asks for no test, so there is nothing to record."));
  }
  const form = make("form", {}, table(
    [["Test"], ["Limit", "number"], ["Value", "number"], ["Result"], ["Note"]],
    told.tests.map((test, place) => [test.name,
      test.maximum === null ? "none" : number(test.maximum),
      input(`value ${place}`, { type: "number", step: "any", min: "0", value: likely(test),
        "aria-label": `Value of ${test.name}` }),
      make("label", { class: "check" }, input(`passed ${place}`,
        { type: "checkbox", checked: true, "aria-label": `${test.name} passed` }), "passed"),
      input(`note ${place}`, { "aria-label": `Note on ${test.name}` })])),
  field("Certificate (PDF; without one the desk makes it)",
    input("certificate", { type: "file", accept: "application/pdf" })),
  make("div", { class: "row" },
    make("label", { class: "check" }, input("release", { type: "checkbox", checked: true }),
      "release at once"),
    make("button", {}, "Record the results")));
  form.onsubmit = async (event) => {
    event.preventDefault();
    const results = told.tests.map((test, place) => ({
      labTestTypeName: test.name,
      quantity: Number(form.elements[`value ${place}`].value),
      passed: form.elements[`passed ${place}`].checked,
      notes: form.elements[`note ${place}`].value || null,
    }));
    const counts = (test) => !told.tests.find((one) => one.name === test).informational;
    const passed = results.every((one) => one.passed || !counts(one.labTestTypeName));
    const file = form.elements.certificate.files[0];
    await desk.tryTo("record-results", { licenseNumber: row.laboratory, label: row.label, passed,
      results, release: form.elements.release.checked,
      documentPdfBase64: file ? await base64(file) : null },
    `${row.label}: ${passed ? "passed" : "failed"}, recorded with its certificate.`);
  };
  return card("", head, form);
}

function base64(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1]);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
}
