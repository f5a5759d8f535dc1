"""The style sheet of the reports: cards instead of wide tables on a phone, light and dark."""

CSS = """
:root { color-scheme: light dark; --paper: #ffffff; --card: #f6f8fa; --ink: #1f2328;
  --muted: #59636e; --grid: #d8dee4; --blue: #0072b2; --red: #d55e00; --green: #008060;
  --pink: #b0538a; --good: #dafbe1; --good-ink: #0a4a1f; --bad: #ffebe9; --bad-ink: #82061e;
  --warn: #fff8c5; --warn-ink: #633c01; --pass: #1a7f37; --fail: #cf222e; --look: #bf8700; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --card: #161b22; --ink: #e6edf3;
  --muted: #9198a1; --grid: #30363d; --blue: #56b4e9; --red: #f0883e; --green: #3fb88f;
  --pink: #e39ac4; --good: #12361f; --good-ink: #9be9a8; --bad: #4b1113; --bad-ink: #ffc1ba;
  --warn: #3b2e04; --warn-ink: #f2cc60; --pass: #2ea043; --fail: #f85149; --look: #d29922; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 0 1rem 3rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .35rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
p { margin: .3rem 0; }
code { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
.banner { margin: 1rem 0; padding: 1rem 1.1rem; border-radius: .6rem; }
.good { background: var(--good); color: var(--good-ink); }
.bad { background: var(--bad); color: var(--bad-ink); }
.warn { background: var(--warn); color: var(--warn-ink); }
.unknown { background: var(--grid); color: var(--ink); }
.muted { color: var(--muted); font-size: .9rem; }
.big { font-size: 2.2rem; font-weight: 650; line-height: 1.15; margin: .6rem 0 .1rem; }
.compare { display: grid; grid-template-columns: auto minmax(4rem, 1fr) auto; gap: .3rem .7rem;
  align-items: center; max-width: 46rem; margin: .8rem 0; }
.compare b, .compare span { font-variant-numeric: tabular-nums; }
.bar { display: block; height: .8rem; border-radius: .2rem; background: var(--red);
  min-width: 2px; }
.bar.candidate { background: var(--blue); }
.bar.champion { background: var(--green); }
.mark { position: relative; display: inline-block; width: 1em; height: 1em; border-radius: 50%;
  vertical-align: -.12em; forced-color-adjust: none; print-color-adjust: exact; }
.mark::before, .mark::after { content: ""; position: absolute; box-sizing: border-box; }
.mark-good { background: var(--pass); }
.mark-good::after { left: .34em; top: .18em; width: .32em; height: .54em; border: solid #ffffff;
  border-width: 0 .14em .14em 0; transform: rotate(45deg); }
.mark-bad { background: var(--fail); border-radius: .2em; }
.mark-bad::before, .mark-bad::after { left: .2em; top: .43em; width: .6em; height: .14em;
  background: #ffffff; transform: rotate(45deg); }
.mark-bad::after { transform: rotate(-45deg); }
.mark-warn { background: var(--look); border-radius: 0;
  clip-path: polygon(50% 4%, 100% 94%, 0 94%); }
.mark-warn::before, .mark-warn::after { left: .44em; top: .36em; width: .12em; height: .28em;
  background: #ffffff; }
.mark-warn::after { top: .72em; height: .12em; }
.mark-unknown { border: .14em solid var(--muted); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { padding: .32rem 0 .32rem .7rem; border-bottom: 1px solid var(--grid); text-align: right;
  vertical-align: top; white-space: nowrap; }
th { color: var(--muted); font-weight: 500; white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child { padding-left: .3rem; }
th:first-child, td:first-child, .text { text-align: left; }
td:first-child { min-width: 6.5rem; white-space: normal; }
tr.warned td { background: var(--warn); color: var(--warn-ink); }
tr.failed td { background: var(--bad); color: var(--bad-ink); }
td.mine { font-weight: 650; }
.ratio { min-width: 4.2rem; }
.columns table { width: 100%; }
.ratio .bar { background: var(--blue); height: .3rem; margin-top: .15rem; }
tr.failed .bar { background: var(--red); }
ul.rules { list-style: none; margin: 0; padding: 0; }
ul.rules li { padding: .3rem 0; border-bottom: 1px solid var(--grid); }
.plots { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
figure { margin: 0; padding: .7rem .7rem .5rem; border-radius: .6rem; background: var(--card);
  min-width: 0; }
figcaption { font-size: .82rem; line-height: 1.35; margin-bottom: .4rem; }
figcaption strong { display: block; font-size: .9rem; font-weight: 600; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis; }
figcaption p { margin: 0; color: var(--muted); }
svg { display: block; width: 100%; height: auto; stroke-linejoin: round; stroke-linecap: butt; }
.pairs { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .2rem 1rem;
  margin: 0; font-size: .92rem; }
.pairs dt { color: var(--muted); }
.pairs dd { margin: 0; min-width: 0; }
.columns { display: grid; gap: 0 2.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
summary { cursor: pointer; color: var(--muted); }
@media (max-width: 44rem) { table, tbody { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { display: grid; gap: .1rem .7rem; padding: .5rem .3rem;
    grid-template-columns: repeat(auto-fill, minmax(5.8rem, 1fr));
    border-bottom: 1px solid var(--grid); }
  td, td:first-child { padding: 0; border: 0; text-align: left; white-space: normal; min-width: 0; }
  td:first-child, td.text { grid-column: 1 / -1; }
  td:first-child { font-weight: 650; }
  td:empty { display: none; }
  td:not(:first-child, .text)::before { content: attr(data-label); display: block;
    color: var(--muted); font-size: .75rem; font-weight: 400; line-height: 1.3; }
  tr.failed { background: var(--bad); } tr.warned { background: var(--warn); } }
@media print { .banner, figure { break-inside: avoid; } }
"""
