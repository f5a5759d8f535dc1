// The periods ahead: a line with the interval around it, and the numbers as a table.

import { drawn, HEIGHT, joined, scale, ticks } from "./chart.js";
import { element } from "./form.js";
import { number, share, withUnit, words } from "./values.js";

const LEFT = 62, RIGHT = 14, TOP = 14, BOTTOM = 30;
const at = (id) => document.getElementById(id);

// What names a period in the table: its time, in one column or several.
function named({ ahead, ...keys }, entity) {
  return Object.values(keys).slice(entity ? 1 : 0).join(" ");
}

function band(svg, ends, x, y) {
  const known = ends.map((pair, place) => [place, pair]).filter(([, pair]) => pair !== null);
  if (!known.length) return;
  if (known.length === 1) {
    const [[place, [from, to]]] = known;
    svg.append(drawn("line", { class: "ends", x1: x(place), x2: x(place), y1: y(from), y2: y(to) }));
    return;
  }
  const low = known.map(([place, pair]) => `${x(place)},${y(pair[0])}`);
  const high = known.map(([place, pair]) => `${x(place)},${y(pair[1])}`).reverse();
  svg.append(drawn("polygon", { class: "band", points: [...low, ...high].join(" ") }));
}

function chart({ predictions, intervals }, names, sentence) {
  const width = Math.max(260, at("future-chart").clientWidth);
  const ends = intervals ?? [];
  const [, , x] = scale([0, predictions.length - 1], LEFT, width - RIGHT);
  const all = [...predictions, ...ends.filter((pair) => pair !== null).flat()];
  const [low, high, y] = scale(all, HEIGHT - BOTTOM, TOP);
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": sentence });
  for (const value of ticks(low, high)) {
    svg.append(drawn("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }));
    svg.append(drawn("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, number(value)));
  }
  band(svg, ends, x, y);
  joined(svg, predictions.map((value, place) => [place, value]), "predicted", x, y);
  svg.append(drawn("text", { x: LEFT, y: HEIGHT - 8 }, names[0]));
  if (names.length > 1) svg.append(drawn("text", { x: width - RIGHT, y: HEIGHT - 8, "text-anchor": "end" }, names.at(-1)));
  at("future-chart").replaceChildren(svg);
}

function rows({ predictions, intervals, unit }, names, target) {
  const heads = ["period", unit ? `${target} in ${unit}` : target, ...(intervals ? ["from", "to"] : [])];
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  const lines = predictions.map((value, place) => {
    const pair = intervals?.[place];
    const ends = intervals ? (pair ?? ["", ""]).map((end) => (end === "" ? "–" : number(end))) : [];
    const cells = [number(value), ...ends].map((text) => element("td", {}, text));
    return element("tr", {}, element("th", { scope: "row" }, names[place]), ...cells);
  });
  at("future-rows").replaceChildren(element("thead", {}, head), element("tbody", {}, ...lines));
}

// entity: whether a period names one, which is the same in all.
export function show(answer, target, entity) {
  const { predictions, periods, intervals, coverage, missing, unit } = answer;
  const names = periods.map((period) => named(period, entity));
  const known = intervals?.some((pair) => pair !== null);
  const ends = intervals?.includes(null) ? "; it ends where a forecast rests on forecasts" : "";
  const within = known ? ` The band holds ${share(coverage)} of cases${ends}.` : "";
  const lacking = Object.keys(missing).map(words).join(", ");
  const unknown = lacking ? ` Not known in some of them: ${lacking}.` : "";
  const whose = entity ? ` of ${Object.values(periods[0])[0]}` : "";
  at("future-about").textContent = `${target}${whose}, predicted by ${answer.model} version ${answer.version}.${within}${unknown}`;
  chart(answer, names, `${target}, ${names.length} periods ahead, the last ${withUnit(predictions.at(-1), unit)}`);
  rows(answer, names, target);
}
