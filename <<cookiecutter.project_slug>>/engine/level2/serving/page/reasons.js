// Probabilities of classes, and what moved the answer away from a typical case.

import { element } from "./form.js";
import { share, shown, signed, withUnit, words } from "./values.js";

const MOST = 8;

function bar(from, to, down = false) {
  const made = element("div", { class: down ? "bar down" : "bar" });
  made.style.left = `${from}%`;
  made.style.width = `${to - from}%`;
  return made;
}

function track(...parts) {
  return element("div", { class: "track", "aria-hidden": "true" }, ...parts);
}

export function chances(place, probabilities) {
  const sorted = Object.entries(probabilities).sort((one, other) => other[1] - one[1]);
  place.replaceChildren(...sorted.flatMap(([label, value]) => [
    element("dt", {}, label), track(bar(0, 100 * value)), element("dd", {}, share(value))]));
}

function line(told, item, scale, fields) {
  const down = item.change < 0;
  const reach = 50 * Math.abs(item.change) / scale;
  const size = Math.max(Math.abs(told.typical), Math.abs(told.prediction));
  const { name, label, unit } = fields[item.feature] ?? {};
  const what = item.rest ? `${item.rest} more values together`
    : `${label ?? words(name)} ${shown(item.value, unit)} (typical ${shown(item.typical, unit)})`;
  return element("li", {},
    element("span", {}, what),
    element("span", { class: `change ${down ? "down" : "up"}` }, signed(item.change, size, told.label, told.unit)),
    track(element("div", { class: "middle" }), down ? bar(50 - reach, 50, true) : bar(50, 50 + reach)));
}

// fields: name and unit of each feature, as people know it.
export function drivers(about, list, told, fields, target) {
  const what = told.label ? `the probability of ${told.label}` : target;
  const say = (value) => (told.label ? share(value) : withUnit(value, told.unit));
  const each = told.drivers.length ? "From one to the other, each value moved it by:" : "All its values are the typical ones.";
  about.textContent = `In a typical case ${what} is ${say(told.typical)}, in this one ${say(told.prediction)}. ${each}`;
  const items = told.drivers.slice(0, MOST);
  const rest = told.drivers.slice(MOST);
  if (rest.length) items.push({ rest: rest.length, change: rest.reduce((sum, item) => sum + item.change, 0) });
  const scale = Math.max(...items.map((item) => Math.abs(item.change)), Number.MIN_VALUE);
  list.replaceChildren(...items.map((item) => line(told, item, scale, fields)));
}
