// The recent series with the prediction on it, as SVG drawn to the width that is there.

import { number, share } from "./values.js";

const SPACE = "http://www.w3.org/2000/svg";
export const HEIGHT = 220, LEFT = 62, RIGHT = 14, TOP = 26, BOTTOM = 30;
const DAY = 86400;

export function drawn(name, attributes, text = "") {
  const made = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function moment(seconds, fine) {
  const text = new Date(seconds * 1000).toISOString();
  return fine ? text.slice(5, 16).replace("T", " ") : text.slice(0, 10);
}

function placeName(axis, value, reach) {
  if (axis === "steps") return value === 0 ? "now" : `${-value} periods back`;
  return moment(value, axis === "asked" || reach < 4 * DAY);
}

export function ticks(low, high) {
  const rough = (high - low) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const found = [];
  for (let place = Math.ceil(low / step); place <= high / step; place += 1) found.push(place * step + 0); // no -0
  return found;
}

function shortest(points) {
  const steps = points.slice(1).map((point, place) => point[0] - points[place][0]);
  return Math.min(...steps);
}

// Neighbours are joined by a line, what lies further apart by a dotted one.
export function joined(svg, points, name, x, y) {
  const step = shortest(points);
  points.slice(1).forEach((point, place) => {
    const before = points[place];
    const gap = point[0] - before[0] > 1.5 * step ? " gap" : "";
    svg.append(drawn("line", { class: name + gap, x1: x(before[0]), y1: y(before[1]), x2: x(point[0]), y2: y(point[1]) }));
  });
  for (const [place, value] of points) {
    svg.append(drawn("circle", { class: `${name}-dot`, cx: x(place), cy: y(value), r: points.length > 40 ? 1.5 : 3 }));
  }
}

export function scale(values, from, to) {
  let low = Math.min(...values), high = Math.max(...values);
  const pad = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1;
  low -= pad;
  high += pad;
  return [low, high, (value) => from + ((value - low) / (high - low)) * (to - from)];
}

// Where it counts when something was asked, answers stand side by side: order says more than pauses.
function ordered(series, now) {
  const predicted = series.predicted.map(([, value], place) => [place, value]);
  return [{ ...series, predicted }, [predicted.length, now[1]]];
}

// at: place and value of the case; the value is a probability where there is a label
export function draw(holder, told, at, label, sentence) {
  const [series, now] = told.axis === "asked" ? ordered(told, at) : [told, at];
  const width = Math.max(260, holder.clientWidth);
  const all = [...series.measured, ...series.predicted, now];
  const ends = label ? [0, 1] : [];
  const [, , x] = scale(all.map((point) => point[0]), LEFT, width - RIGHT);
  const [low, high, y] = scale([...all.map((point) => point[1]), ...ends], HEIGHT - BOTTOM, TOP);
  const say = label ? share : number;
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": sentence });
  for (const value of ticks(low, high)) {
    svg.append(drawn("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }));
    svg.append(drawn("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, say(value)));
  }
  const places = [...told.measured, ...told.predicted].map((point) => point[0]);
  const first = Math.min(...places);
  const last = told.axis === "asked" ? "now" : placeName(told.axis, told.now, told.now - first);
  svg.append(drawn("text", { x: LEFT, y: HEIGHT - 8 }, placeName(told.axis, first, told.now - first)));
  svg.append(drawn("text", { x: width - RIGHT, y: HEIGHT - 8, "text-anchor": "end" }, last));
  joined(svg, series.measured, "measured", x, y);
  joined(svg, series.predicted, "predicted", x, y);
  svg.append(drawn("line", { class: "now-line", x1: x(now[0]), x2: x(now[0]), y1: TOP, y2: HEIGHT - BOTTOM }));
  svg.append(drawn("circle", { class: "now-dot", cx: x(now[0]), cy: y(now[1]), r: 5 }));
  svg.append(drawn("text", { class: "now-text", x: width - RIGHT, y: 14, "text-anchor": "end" }, `● predicted now: ${say(now[1])}`));
  holder.replaceChildren(svg);
}
