// The page: asks the service for its form, sends cases and corrections, shows what comes back.

import * as asked from "./case.js";
import { show } from "./ahead.js";
import { draw } from "./chart.js";
import { build, complain, read } from "./form.js";
import { chances, drivers } from "./reasons.js";
import { number, share, withUnit } from "./values.js";

const at = (id) => document.getElementById(id);
const state = { turn: 0, answer: null, told: null, truth: null, future: null };

async function call(path, body) {
  const options = body === undefined ? { cache: "no-store" }
    : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  try {
    const answer = await fetch(path, options);
    return { ...(await answer.json()), ok: answer.ok };
  } catch {
    return { ok: false, error: "The service did not respond as expected: try again in a moment." };
  }
}

async function refresh() {
  const found = await call("form");
  if (found.ok) asked.renew(found);
  else if (!asked.current()) asked.fault(found.error);
  return found.ok;
}

async function answered(body, turn) {
  asked.clear();
  at("ask").setAttribute("aria-busy", "true");
  const answer = await call("predict", body);
  if (turn !== state.turn) return null;
  at("ask").removeAttribute("aria-busy");
  earlier(!answer.ok && (state.answer ?? state.future) !== null);
  if (!answer.ok) {
    asked.refuse(answer);
    return null;
  }
  if (answer.version !== asked.current().version) await refresh();
  return answer;
}

function ahead() {
  show(state.future, asked.target(), asked.current().key.entity !== null);
}

async function forecast() {
  const answer = await answered(asked.future(), ++state.turn);
  if (answer === null) return;
  [state.future, state.answer, state.told] = [answer, null, null];
  at("result-title").textContent = "The forecast";
  at("empty").hidden = at("answer").hidden = true;
  at("future").hidden = false;
  ahead();
  seen();
}

async function ask(body) {
  const turn = ++state.turn;
  const answer = await answered(body, turn);
  if (answer === null) return;
  [state.answer, state.future] = [answer, null];
  result(answer);
  const told = await call("explain", body);
  if (turn === state.turn) explain(told);
}

// After a refusal what is shown is no answer to what stands in the form.
function earlier(yes) {
  at("earlier").hidden = !yes;
  for (const part of ["answer", "future"]) at(part).classList.toggle("earlier", yes);
}

function result(answer) {
  const [found] = answer.predictions;
  const sure = found.label === undefined ? "" : `, probability ${share(found.probabilities[found.label])}`;
  const from = Object.entries(found.threshold ?? {}).map(([label, at]) => ` (${label} from ${share(at)} on)`).join("");
  const [ends] = answer.intervals ?? [];
  const within = ends ? `, in ${share(answer.coverage)} of cases between ${number(ends[0])} and ${withUnit(ends[1], answer.unit)}` : "";
  at("result-title").textContent = "The prediction";
  at("empty").hidden = at("future").hidden = true;
  at("answer").hidden = false;
  at("number").textContent = found.label ?? withUnit(found, answer.unit);
  at("about").textContent = `${asked.target()}${sure}${from}${within}, predicted by ${answer.model} version ${answer.version}`;
  at("chances").hidden = found.label === undefined;
  if (found.label !== undefined) chances(at("chances"), found.probabilities);
  offer(answer);
  seen();
}

// Below the form on a phone.
function seen() {
  const { top } = at("result").getBoundingClientRect();
  if (top < 0 || top > 0.6 * innerHeight) at("result").scrollIntoView();
}

// "This is wrong": ask for the value that is right.
function offer(answer) {
  const { classes, feedback } = asked.current();
  at("wrong").hidden = !feedback;
  at("wrong").open = false;
  at("thanks").textContent = "";
  at("truth").replaceChildren();
  state.truth = build({
    name: "value", label: "The true value", unit: answer.unit, description: "", min: null, max: null, nullable: false,
    type: classes.length ? "text" : "number", choices: classes.length ? classes : null, empty: "choose", default: null,
  }, at("truth"));
}

async function correct() {
  complain(state.truth, "");
  const value = read(state.truth);
  const found = await call("feedback", { request: state.answer.id, ...(value === null ? {} : { value }) });
  if (!found.ok) {
    complain(state.truth, found.error);
    state.truth.focus();
    return;
  }
  at("wrong").hidden = true;
  const said = typeof found.value === "number" ? withUnit(found.value, state.answer.unit) : found.value;
  at("thanks").textContent = `Saved: ${said} is the true value of this case.`;
}

function explain(told) {
  const same = told.ok && told.version === state.answer.version;
  at("drivers-part").hidden = false;
  at("series-part").hidden = !same;
  state.told = same ? told : null;
  if (!same) {
    at("drivers").replaceChildren();
    at("drivers-about").textContent = told.ok ? "The service has switched to another version: predict again." : told.error;
    return;
  }
  drivers(at("drivers-about"), at("drivers"), told, asked.fields(), asked.target());
  if (told.looked_up) asked.fill(told.row, told.features_at);
  chart();
}

function chart() {
  const { label, unit, series } = state.told;
  const { measured, predicted, axis } = series;
  const [found] = state.answer.predictions;
  const what = label ? `probability of ${label}` : asked.target();
  const whose = series.entity === null ? "" : ` of ${series.entity}`;
  at("series-title").textContent = `Lately: ${what}${whose}`;
  const kinds = [measured.length ? "dots: measured" : "", predicted.length ? "rings: earlier predictions" : ""].filter(Boolean);
  at("series-about").textContent = kinds.length
    ? `${kinds.join(", ")}${unit && !label ? `; in ${unit}` : ""}.`
    : "Nothing is known of earlier values yet: the next predictions will appear here.";
  const value = label ? found.probabilities[label] : found;
  const sentence = `${what}: ${measured.length} measured and ${predicted.length} predicted values, now ${number(value)}`;
  if (kinds.length) draw(at("chart"), series, [series.now, value], label, sentence);
  else at("chart").replaceChildren();
}

function begin() {
  at("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    if (asked.current()) ask({ rows: [asked.row()] });
  });
  at("newest").addEventListener("click", () => {
    const entity = asked.entity();
    ask({ entities: [entity === null ? {} : { [asked.current().key.entity]: entity }] });
  });
  at("correct").addEventListener("submit", (event) => {
    event.preventDefault();
    correct();
  });
  at("forecast").addEventListener("click", forecast);
  addEventListener("resize", () => {
    if (state.told) chart();
    if (state.future) ahead();
  });
  const again = async () => {
    if (!document.hidden) await refresh();
    setTimeout(again, 1000 * (asked.current()?.refresh_seconds ?? 3));
  };
  again();
}

begin();
