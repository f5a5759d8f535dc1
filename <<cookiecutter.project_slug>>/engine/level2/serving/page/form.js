// Fields made from the model's contract. Text goes in by textContent alone.

import { minus, words } from "./values.js";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const MODES = { number: "decimal", integer: "numeric" };

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children); // texts become text nodes
  return made;
}

function hint({ min, max, unit, description, nullable }) {
  const [low, high] = [min, max].map((edge) => (edge === null ? null : minus(String(edge))));
  let range = min === null ? "" : `${low} or more`;
  if (max !== null) range = min === null ? `${high} or less` : `${low} to ${high}`;
  const parts = [description, [range, unit].filter(Boolean).join(" "), nullable ? "optional" : ""];
  return parts.filter(Boolean).join("; ");
}

function options(field) {
  const empty = field.nullable || field.default === null;
  const pairs = field.type === "truth" ? [["true", "yes"], ["false", "no"]] : field.choices.map((item) => [item, item]);
  const all = empty ? [["", field.empty ?? "not known"], ...pairs] : pairs;
  return all.map(([value, text]) => element("option", { value }, text));
}

function control(field, id) {
  const common = { id, name: field.name, "aria-describedby": `${id}-hint ${id}-problem` };
  if (field.type === "truth" || field.choices) return element("select", common, ...options(field));
  const list = field.offered ? { list: `${id}-offered` } : {};
  return element("input", { ...common, ...list, type: "text", inputmode: MODES[field.type] ?? "text", spellcheck: "false" });
}

// Names to choose from, found as they are typed.
function offered(field, id) {
  return element("datalist", { id }, ...field.offered.map((value) => element("option", { value })));
}

// One field: label, hint, control, and where a refusal is said.
export function build(field, place) {
  const id = `${place.id}-${field.name}`;
  const made = control(field, id);
  made.fieldType = field.type;
  place.append(
    element("div", { class: "field" },
      element("label", { for: id }, field.label ?? words(field.name)),
      element("p", { class: "hint", id: `${id}-hint` }, hint(field)),
      made,
      ...(field.offered ? [offered(field, `${id}-offered`)] : []),
      element("p", { class: "problem", id: `${id}-problem` })));
  show(made, field.default);
  return made;
}

export function show(made, value) {
  made.value = value === null || value === undefined ? "" : String(value);
}

// What stands in a field as JSON; what is not a number goes as it is, and the service says so.
export function read(made) {
  const text = made.value.trim();
  if (text === "") return null;
  if (made.fieldType === "truth") return text === "true";
  if (made.fieldType in MODES) {
    const plain = text.replaceAll("−", "-"); // as the page writes it
    return NUMBER.test(plain) ? Number(plain) : text;
  }
  return made.value;
}

export function complain(made, sentence) {
  const said = made.fieldType in MODES ? sentence.replace(/(?<= )-(?=\d)/g, minus) : sentence;
  document.getElementById(`${made.id}-problem`).textContent = said;
  if (sentence) made.setAttribute("aria-invalid", "true");
  else made.removeAttribute("aria-invalid");
}
