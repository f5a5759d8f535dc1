// The case that is asked about: its form, what stands in it, and refusals under their fields.

import { build, complain, read, show } from "./form.js";
import { words } from "./values.js";

const at = (id) => document.getElementById(id);
const controls = new Map(); // fields by name; the feature that repeats the entity is the entity's
let form = null;
let periods = null; // the field that says how many are forecast

export function current() {
  return form;
}

function chosen({ entities }) {
  return entities?.length > 1 ? `one of ${entities.length}: type to search` : "";
}

// A table that is one series has no entity to be asked for.
function keyFields({ key }) {
  const first = key.repeated ? key.default : key.entities?.[0] ?? null;
  const entity = {
    name: key.entity, type: key.number ? "integer" : "text", unit: "", min: key.number ? 0 : null, max: null,
    description: key.number ? "row of the table" : chosen(key), choices: null, offered: key.entities,
    nullable: !key.repeated, default: first, label: key.label ?? words(key.entity ?? ""),
  };
  const told = { type: "text", description: "for the log, like 2024-12-31", offered: null, nullable: true, default: null };
  const time = { ...entity, ...told, name: key.time, label: key.time_label ?? words(key.time ?? "") };
  return [key.entity === null ? null : entity, key.time ? time : null].filter(Boolean);
}

function newest(key) {
  if (key.number) return "Use the stored values of this row";
  const values = `Use the ${key.time ? "newest" : "stored"} values`;
  return key.entity === null ? values : `${values} of this ${key.label ?? words(key.entity)}`;
}

// Show the form of the version served now; what was typed stays.
export function renew(found) {
  const fields = JSON.stringify([found.fields, found.key]);
  const same = form !== null && fields === JSON.stringify([form.fields, form.key]);
  const typed = form === null ? [] : [...controls].map(([name, made]) => [name, made.value]);
  form = found;
  const served = `${form.model} · version ${form.version}`;
  at("title").textContent = `Predict ${target()}`;
  document.title = `${form.target} · ${served}`;
  if (at("served").textContent !== served) at("served").textContent = served;
  offer(form.ahead);
  at("newest").hidden = !form.lookup;
  at("newest").textContent = newest(form.key);
  if (same) return;
  controls.clear();
  at("key").replaceChildren();
  at("fields").replaceChildren();
  for (const field of keyFields(form)) controls.set(field.name, build(field, at("key")));
  for (const field of form.fields) {
    if (field.name !== form.key.repeated) controls.set(field.name, build(field, at("fields")));
  }
  for (const [name, value] of typed) {
    if (controls.has(name)) controls.get(name).value = value;
  }
}

function listed(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

// Forecasts, where the service makes them: how many periods, and what is taken from the form.
function offer(ahead) {
  at("ahead-part").hidden = ahead === null;
  if (ahead === null) return;
  const given = listed(Object.values(ahead.known).map((name) => fields()[name]?.label ?? words(name)));
  at("ahead-about").textContent = given ? `With ${given} as in the form in each of them.` : "";
  if (periods && Number(periods.max) === ahead.most) return;
  at("ahead").replaceChildren();
  periods = build({
    name: "periods", label: "Periods", type: "integer", unit: "", description: "", min: 1, max: ahead.most,
    choices: null, offered: null, nullable: false, default: Math.min(7, ahead.most),
  }, at("ahead"));
  periods.max = ahead.most;
}

// A request for the periods ahead, each with the values that are in the form.
export function future() {
  const ahead = read(periods);
  const whose = form.key.entity === null ? {} : { [form.key.label ?? form.key.entity]: entity() };
  const known = Object.entries(form.ahead.known).map(([own, name]) => [own, read(controls.get(name))]);
  const length = Number.isInteger(ahead) && ahead > 0 && ahead <= form.ahead.most ? ahead : 1; // else it is refused
  const lists = known.map(([own, value]) => [own, Array(length).fill(value)]);
  return { entities: [{ ...whose, ...Object.fromEntries(lists) }], ahead };
}

// Name and unit of each feature; the one that repeats the entity is called like it.
export function fields() {
  const named = (field) => (field.name === form.key.repeated ? { ...field, name: form.key.entity, label: form.key.label } : field);
  return Object.fromEntries(form.fields.map((field) => [field.name, named(field)]));
}

export function target() {
  return form.target_label ?? words(form.target);
}

export function entity() {
  return form.key.entity === null ? null : read(controls.get(form.key.entity));
}

// All fields as a row; an empty one that the model needs is left out, and the service says so.
export function row() {
  const nullable = new Set(form.fields.filter((field) => field.nullable).map((field) => field.name));
  const found = {};
  for (const [name, made] of controls) {
    const value = read(made);
    if (value !== null || nullable.has(name)) found[name] = value;
  }
  if (form.key.repeated && entity() !== null) found[form.key.repeated] = entity();
  return found;
}

// What was looked up stands in the form, to be changed and asked again.
export function fill(values, moment) {
  for (const [name, value] of Object.entries(values)) {
    if (controls.has(name)) show(controls.get(name), value);
  }
  const time = controls.get(form.key.time);
  if (time && moment) show(time, moment.replace(/T00:00:00\+00:00$/, ""));
}

export function fault(sentence) {
  at("fault").hidden = !sentence;
  at("fault").textContent = sentence;
}

export function clear() {
  fault("");
  for (const made of controls.values()) complain(made, "");
  if (periods) complain(periods, "");
}

// A refusal stands under its field; what belongs to none that is here stands on top.
export function refuse({ error, field }) {
  const sentence = error.replace(/^(rows|entities)\[0\]\.(\w+)(\[\d+\])?/, (_, __, name) => fields()[name]?.label ?? words(name));
  const name = form.ahead?.known[field] ?? (field === form.key.repeated ? form.key.entity : field);
  const made = field === "ahead" ? periods : controls.get(name);
  if (!made) return fault(sentence);
  complain(made, sentence);
  made.focus();
}
