// Values as people read them.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

// A number with as many digits as one of this size needs: parts of a sum look alike.
function alike(value, size) {
  const digits = Math.max(0, 3 - Math.floor(Math.log10(size || 1)));
  return digits > 8 ? number(value) : new Intl.NumberFormat("en", { maximumFractionDigits: digits }).format(value);
}

// One sign everywhere: the minus, not the hyphen of the keyboard.
export function minus(text) {
  return text.replaceAll("-", "−");
}

export function words(name) {
  return name.replaceAll("_", " ");
}

export function number(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return minus(value.toExponential(3));
  return minus(size >= 1000 ? whole.format(value) : fine.format(value));
}

export function withUnit(value, unit) {
  return unit ? `${number(value)} ${unit}` : number(value);
}

export function share(value) {
  return percent.format(value);
}

export function shown(value, unit) {
  if (value === null) return "not known";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? withUnit(value, unit) : value;
}

// "+1,200 MW" of a number of about this size, or "−3.1 points" of a probability.
export function signed(change, size, label, unit) {
  const sign = change < 0 ? "−" : "+";
  if (label) return `${sign}${(100 * Math.abs(change)).toFixed(1)} points`;
  return `${sign}${[alike(Math.abs(change), size), unit].filter(Boolean).join(" ")}`;
}
