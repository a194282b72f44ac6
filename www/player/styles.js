// The player's styles. They live in a constructed sheet: shared by all players, allowed by a strict
// Content-Security-Policy, and out of reach of the host page's styles.

import { sharedSheet } from './dom.js';

const bits = Array.from({ length: 32 }, (_, i) => `.w${i + 1}{grid-column:span ${i + 1}}`).join('');
const hues = Array.from({ length: 7 }, (_, i) => `.hue${i + 1}{box-shadow:inset 0 -3px var(--fw-message-${i + 1})}`).join('');

const css = `
:host { display: block; min-height: 320px; contain: content; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }

/* On the host, so that a page's own rules for framewire-player win. */
:host {
  --fw-dark: 0;
  --fw-ink: #1b1b1b; --fw-faint: #5c5f63; --fw-grid: #e8e7e2;
  --fw-message: #5c5f63; --fw-state: #dcdbd5; --fw-call: #1b1b1b; --fw-timer: #5c5f63;
  --fw-trouble: #b3261e; --fw-paper: #fffefb;
  --fw-panel: #f6f5f0; --fw-line: #cfcdc5; --fw-accent: #1a5fb4;
  --fw-message-1: #0072b2; --fw-message-2: #e69f00; --fw-message-3: #009e73; --fw-message-4: #cc79a7;
  --fw-message-5: #56b4e9; --fw-message-6: #d55e00; --fw-message-7: #b8a900;
  --fw-sans: system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'PingFang SC', 'Noto Sans CJK SC', 'Noto Sans SC', 'Microsoft YaHei', sans-serif;
  --fw-mono: ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace;
}
.player {
  display: flex; flex-direction: column; height: 100%;
  color: var(--fw-ink); background: var(--fw-paper);
  font: 14px/1.45 var(--fw-sans); font-variant-numeric: tabular-nums;
  color-scheme: light;
}
:host([data-dark]) {
  --fw-dark: 1;
  --fw-ink: #e8e6df; --fw-faint: #a5a8ab; --fw-grid: #2b2f33; --fw-message: #a5a8ab; --fw-state: #3d444a;
  --fw-call: #e8e6df; --fw-timer: #a5a8ab; --fw-trouble: #ff8d80; --fw-paper: #1c1f22;
  --fw-panel: #23272b; --fw-line: #454b51; --fw-accent: #8ab8ff;
  --fw-message-1: #4aa3dc; --fw-message-3: #2fbf97; --fw-message-4: #d58fb5; --fw-message-5: #7cc6f0;
  --fw-message-6: #e8773a; --fw-message-7: #d8cc42;
}
.player.dark { color-scheme: dark; }

h1, h2, h3, p, dl, dd, ol { margin: 0; padding: 0; }
h1 { font-size: 18px; line-height: 1.3; font-weight: 600; }
h2 { font-size: 12px; font-weight: 600; color: var(--fw-faint); }
h3 { font-size: 12px; font-weight: 600; margin: 16px 0 4px; }
a { color: var(--fw-accent); }
.gap { flex: 1; }
.quiet { color: var(--fw-faint); }
:focus-visible { outline: 2px solid var(--fw-accent); outline-offset: -2px; }

button, select {
  font: inherit; color: inherit; background: none; border: 1px solid transparent; border-radius: 4px;
  min-height: 32px; padding: 0 8px; cursor: pointer;
}
select { border-color: var(--fw-line); background: var(--fw-paper); max-width: 100%; text-overflow: ellipsis; }
button:hover { background: var(--fw-panel); }
button[aria-pressed='true'] { border-color: var(--fw-line); background: var(--fw-panel); }
header .bar button { white-space: nowrap; }
.icon-button { width: 36px; padding: 0; display: inline-grid; place-items: center; flex: none; }
.icon { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.icon.filled { fill: currentColor; stroke: none; }

/* Before there is a figure its frame is not shown: nothing then moves under the reader's eyes. */
:host(:not([data-state])) :is(.bar > :not(.brand), .intro, .body, footer) { visibility: hidden; }

header { border-bottom: 1px solid var(--fw-line); flex: none; }
.bar { display: flex; align-items: center; gap: 4px; padding: 4px 12px; min-width: 0; }
.brand { font-weight: 600; font-size: 14px; margin-right: 12px; letter-spacing: .01em; }
.picker { min-width: 0; flex: 0 1 320px; text-overflow: ellipsis; }
.intro { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 12px; padding: 2px 16px 8px; }
.intro p { flex: 1 1 100%; }
.look { color: var(--fw-faint); }
.question { font-weight: 600; }
.known { font-size: 12px; border: 1px solid var(--fw-line); border-radius: 3px; padding: 0 6px; color: var(--fw-faint); white-space: nowrap; }
.known.observed, .known.captured { color: var(--fw-ink); border-color: var(--fw-ink); }
.known.inferred { border-style: dashed; }
.badges { display: inline-flex; gap: 6px; }
.notice { padding: 6px 16px; background: var(--fw-panel); }
.notice:empty { display: none; }
.notice.bad { color: var(--fw-trouble); border-left: 4px solid var(--fw-trouble); }

.body { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(0, 1fr) 292px; }
.stage {
  min-height: 0; min-width: 0; display: grid; position: relative;
}
.without-inspector .body { grid-template-columns: minmax(0, 1fr); }
.medium:not(.with-lab) .body { position: relative; grid-template-columns: minmax(0, 1fr); }
.medium:not(.with-lab) .inspector { position: absolute; right: 0; top: 0; bottom: 0; width: 292px; }
.medium:not(.with-lab) .inspector.empty { display: none; }
.ladder { grid-area: ladder; min-height: 0; min-width: 0; padding: 4px 0 0 8px; }
.scroller { height: 100%; overflow-x: hidden; overflow-y: auto; position: relative; }
.scroller canvas { position: sticky; top: 0; display: block; }
canvas.pointing { cursor: pointer; }
.ledger { grid-area: bytes; position: relative; border-top: 1px solid var(--fw-line); padding: 6px 0 8px; min-width: 0; max-height: 44vh; overflow: auto; }
.ledger .bar { padding: 0 16px; min-height: 32px; }
.ledger .bar.lean { position: absolute; right: 0; top: 2px; min-height: 26px; pointer-events: none; z-index: 1; }
.bar.lean h2 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.ledger .bar h2 { flex: none; white-space: nowrap; }
.ledger .connection { flex: 0 1 auto; min-width: 0; }
.octet { font: 12px/1.4 var(--fw-mono); text-align: right; background: var(--fw-paper); padding: 0 4px; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.octet:empty { display: none; }
.zooms { display: flex; pointer-events: auto; background: var(--fw-paper); }
.ledger .zooms button { min-height: 26px; width: 28px; }
.lanes { margin: 2px 16px 0; }
.lanes canvas { display: block; }

.programs { min-width: 0; min-height: 0; overflow: auto; padding: 8px 0; display: flex; flex-direction: column; gap: 12px; --step: .5ch; --hang: 8px; }
.programs.left { grid-area: left; border-right: 1px solid var(--fw-line); }
.programs.right { grid-area: right; border-left: 1px solid var(--fw-line); }
.programs h2 { padding: 0 12px 4px; }
.programs ol { list-style: none; font: 12px/1.6 var(--fw-mono); overflow: auto; }
.narrow .programs { --step: 1ch; --hang: 16px; }
.programs li { --in: calc(var(--hang) + var(--indent) * var(--step)); display: block; padding: 0 4px 0 calc(22px + var(--in)); text-indent: calc(0px - var(--in)); position: relative; white-space: pre-wrap; overflow-wrap: anywhere; }
.programs .word { display: inline-block; max-width: 100%; text-indent: 0; }
.programs .word:first-child { display: inline; }
.programs .indent { white-space: pre; word-spacing: calc(var(--step) - 1ch); }
.programs li::before { text-indent: 0; }
.programs .running::before { content: '▸'; position: absolute; left: 8px; }
.programs .running { background: var(--fw-panel); }
.programs .blocked { background: repeating-linear-gradient(135deg, var(--fw-panel) 0 3px, transparent 3px 6px); }
.programs .result { color: var(--fw-faint); padding-left: 1em; }
.player:not(.with-programs) .programs, .programs.empty { display: none; }

.states, .charts { min-width: 0; min-height: 0; display: flex; flex-direction: column; border-left: 1px solid var(--fw-line); padding: 4px 0 0; }
.states { grid-area: states; }
.charts { grid-area: charts; }
.states h2, .charts h2 { white-space: nowrap; }
.states .bar, .charts .bar { padding: 0 8px 0 16px; min-height: 36px; flex: none; }
.states .connection, .charts .connection { flex: 0 1 auto; min-width: 0; }
.figure-box { flex: 1; min-height: 0; overflow: auto; margin: 0 6px; scrollbar-gutter: stable; }
.figure-box canvas { display: block; touch-action: pan-y; }
.values { padding: 0 16px 4px; font-size: 12px; min-height: 38px; flex: none; }
.values dl { display: flex; flex-wrap: wrap; gap: 0 14px; }
.values dl > div { display: flex; gap: 5px; }
.values dt { color: var(--fw-faint); }
.values .when { font-weight: 600; min-width: 6em; }
.values .when dt { color: inherit; }

.menu { position: relative; }
.menu .panel { position: absolute; z-index: 4; top: 100%; right: 0; background: var(--fw-paper); border: 1px solid var(--fw-line); border-radius: 6px; padding: 6px; white-space: nowrap; }
.menu fieldset { border: 0; margin: 0; padding: 0; display: grid; }
.menu legend { padding: 4px 8px; font-size: 12px; font-weight: 600; color: var(--fw-faint); }
.menu label { display: flex; align-items: center; gap: 8px; min-height: 32px; padding: 0 12px 0 8px; cursor: pointer; border-radius: 4px; }
.menu label:hover { background: var(--fw-panel); }
.menu input { width: 16px; height: 16px; margin: 0; accent-color: var(--fw-ink); }

.picker { display: inline-flex; align-items: center; gap: 8px; border-color: var(--fw-line); }
.picker span:first-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; flex: 1; text-align: left; }
dialog { color: inherit; background: var(--fw-paper); border: 1px solid var(--fw-line); border-radius: 6px; }
dialog::backdrop { background: rgb(0 0 0 / .35); }
.scenarios { padding: 0; width: min(640px, 96vw); height: min(760px, 92vh); }
.scenarios[open] { display: flex; flex-direction: column; }
.scenarios .bar { flex: none; border-bottom: 1px solid var(--fw-line); padding: 8px; }
.scenarios input { flex: 1; font: inherit; color: inherit; background: none; border: 1px solid var(--fw-line); border-radius: 4px; min-height: 36px; padding: 0 10px; min-width: 0; }
.choices { overflow: auto; padding: 0 8px 12px; flex: 1; }
.choices h3 { position: sticky; top: 0; background: var(--fw-paper); margin: 0; padding: 10px 8px 4px; color: var(--fw-faint); }
.choices button { display: block; width: 100%; text-align: left; padding: 6px 8px; min-height: 44px; }
.choices b { display: block; font-weight: 600; }
.choices span { font-size: 12px; color: var(--fw-faint); }
.choices button[aria-current] { background: var(--fw-panel); box-shadow: inset 3px 0 var(--fw-ink); }
.choices .quiet { padding: 16px 8px; }

.inspector { border-left: 1px solid var(--fw-line); min-height: 0; display: flex; flex-direction: column; background: var(--fw-paper); }
.inspector .bar { padding: 4px 4px 0 16px; min-height: 40px; }
.inspector h2 { flex: 1; font-size: 14px; color: var(--fw-ink); }
.inspector.empty h2 { color: var(--fw-faint); }
.detail { overflow: auto; padding: 0 16px 16px; flex: 1; min-height: 0; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 12px; }
.facts dt { color: var(--fw-faint); }
.legend { margin-top: 16px; display: grid; grid-template-columns: max-content 1fr; gap: 6px 10px; align-items: baseline; color: var(--fw-faint); font-size: 12px; }
.bits { display: grid; grid-template-columns: repeat(32, minmax(0, 1fr)); border-top: 1px solid var(--fw-line); border-left: 1px solid var(--fw-line); margin: 4px 0 8px; }
.field { border-right: 1px solid var(--fw-line); border-bottom: 1px solid var(--fw-line); padding: 1px 1px 2px; min-width: 0; overflow: hidden; text-align: center; font-size: 12px; line-height: 1.25; }
.field .name, .field .value { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.field .name { color: var(--fw-faint); }
.field .value { font-family: var(--fw-mono); }
.field.w1 .name { writing-mode: vertical-rl; text-orientation: upright; font-size: 12px; letter-spacing: -3px; margin: 0 auto; height: 2.9em; padding-top: 1px; text-align: left; overflow: visible; line-height: 1; font-family: var(--fw-mono); width: 100%; }
.field.on { border-top: 1px dashed var(--fw-line); margin-top: -1px; min-height: 12px; }
.fields { width: 100%; }
.fields th, .fields td { padding: 1px 8px 1px 0; vertical-align: top; }
.fields td { font-family: var(--fw-mono); }
.fields thead th, .fields .short { white-space: nowrap; }
.fields .meaning { font-family: inherit; color: var(--fw-faint); }
[data-bits].lit { background: color-mix(in srgb, var(--fw-accent) 24%, transparent); outline: 1px solid var(--fw-accent); outline-offset: -1px; }
table { border-collapse: collapse; font-size: 12px; }
th { text-align: left; font-weight: 400; }
thead th { color: var(--fw-faint); }
.changes { width: 100%; }
.changes th, .changes td { padding: 1px 8px 1px 0; }
.changes td { white-space: nowrap; }
.detail summary { font-size: 12px; font-weight: 600; margin: 16px 0 4px; cursor: pointer; }
.changes td:last-child { font-weight: 600; }
.dump { font: 12px/1.5 var(--fw-mono); overflow-x: auto; }
.dump .line { display: flex; gap: 6px; }
.dump .line > * { flex: none; }
.dump .offset { color: var(--fw-faint); }
.dump .hex { width: 12em; }
.dump .hex span { display: inline-block; width: 1.5em; }
.dump .text span { display: inline-block; width: .61em; }
${hues}
${bits}

.variables { grid-area: variables; border-top: 1px solid var(--fw-line); padding: 6px 16px 8px; max-height: 30vh; overflow: auto; }
.sets { display: flex; flex-wrap: wrap; gap: 8px 32px; }
.sets caption { text-align: left; font-weight: 600; }
.sets tbody { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: 0 16px; min-width: 380px; }
.sets tr { display: flex; gap: 8px; }
.sets th { color: var(--fw-faint); flex: 1; }
.sets .changed td { font-weight: 600; box-shadow: inset 0 -2px var(--fw-ink); }
.transcript { grid-area: transcript; border-top: 1px solid var(--fw-line); padding: 6px 16px 8px; min-height: 0; }
.sentences { max-height: 26vh; overflow: auto; position: relative; }
.transcript table { width: 100%; }
.transcript td, .transcript th { padding: 2px 12px 2px 0; vertical-align: top; }
.transcript .when { white-space: nowrap; color: var(--fw-faint); }
.transcript thead th { position: sticky; top: 0; background: var(--fw-paper); }
.transcript tr.future td { color: var(--fw-faint); }
.transcript tr[aria-current] { background: var(--fw-panel); }
.hidden-visually { position: absolute !important; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); padding: 0; border: 0; }

footer { flex: none; }
.controls { display: flex; align-items: center; gap: 4px 12px; padding: 4px 12px; border-top: 1px solid var(--fw-line); }
.steps, .more { display: flex; align-items: center; flex: none; }
.scrub { flex: 1; min-width: 80px; position: relative; height: 36px; }
.scrub canvas { position: absolute; left: 0; top: 1px; width: 100%; height: 10px; pointer-events: none; }
.scrub input { position: absolute; inset: 6px 0 0; width: 100%; margin: 0; accent-color: var(--fw-ink); cursor: pointer; }
.time { white-space: nowrap; font-size: 12px; min-width: 12em; text-align: right; }
.numbers { font-size: 12px; white-space: nowrap; }

.help { padding: 8px 8px 16px; max-width: min(520px, 92vw); }
.help td { padding: 3px 12px; font-size: 14px; vertical-align: top; }
.help h2 { flex: 1; font-size: 14px; color: inherit; }
kbd { font: 12px var(--fw-mono); border: 1px solid var(--fw-line); border-radius: 3px; padding: 1px 5px; white-space: nowrap; }
.drop { display: none; }
.dropping .drop { display: grid; place-items: center; position: absolute; inset: 12px; border: 2px dashed var(--fw-accent); border-radius: 8px; background: color-mix(in srgb, var(--fw-paper) 85%, transparent); font-size: 18px; z-index: 5; }

.narrow .body { display: block; position: relative; }
.narrow .stage { display: flex !important; flex-direction: column; height: 100%; overflow-x: hidden; overflow-y: auto; }
.narrow .stage > * { flex: none; order: 3; }
.narrow .stage > .ladder { order: 1; }
.narrow .stage > .ledger { order: 2; }
.narrow .ladder { padding: 0; }
.narrow .ledger { max-height: none; overflow: visible; position: sticky; bottom: var(--fw-below, auto); z-index: 1; background: var(--fw-paper); }
.narrow .lanes { margin: 2px 8px 0; overflow-x: auto; }
.narrow .states, .narrow .charts { border: 0; border-top: 1px solid var(--fw-line); }
.narrow .figure-box { overflow: visible; }
.narrow .values, .narrow .states .bar, .narrow .charts .bar { padding-left: 8px; padding-right: 8px; }
.narrow .sets table { width: 100%; }
.narrow .sets tbody { min-width: 0; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
.narrow .menu label { min-height: 44px; }
.narrow header .bar { position: relative; }
.narrow .menu { position: static; }
.narrow .menu .panel { right: 8px; max-width: calc(100% - 16px); }
.narrow .ledger .bar, .narrow .intro { padding-left: 8px; padding-right: 8px; }
.narrow .scroller.grows { overflow: hidden; }
.narrow .programs { border: 0; border-top: 1px solid var(--fw-line); }
.narrow .inspector { position: absolute; left: 0; right: 0; bottom: 0; z-index: 2; max-height: 55%; border: 0; border-top: 1px solid var(--fw-ink); }
.narrow .inspector.empty { display: none; }
.player.alone .body .inspector { display: flex; inset: 0; width: auto; max-height: none; border: 0; }
.narrow header .bar { flex-wrap: wrap; padding: 4px 8px; }
.narrow .brand, .narrow header .gap { display: none; }
.tools { display: flex; flex-wrap: wrap; }
.menu .tools { border-top: 1px solid var(--fw-line); margin-top: 6px; padding-top: 6px; }
.narrow .picker { flex: 1 1 120px; }
.narrow button, .narrow select { min-height: 44px; }
.narrow .icon-button { width: 40px; }
.narrow h1 { font-size: 14px; }
.narrow .intro p { font-size: 12px; }
.narrow .controls { flex-wrap: wrap; padding: 2px 8px; gap: 0 8px; }
.narrow .scrub { order: -1; flex: 1 1 40%; height: 40px; }
.narrow .time { order: -1; min-width: 0; }
.narrow .steps { flex: 1; }
.narrow .more > :not(.speed) { display: none; }

.end { display: none; margin-left: auto; }
.presenting .end { display: inline-grid; }
.presenting .stage, .presenting .intro { zoom: 1.5; }
.presenting header .bar, .presenting .inspector { display: none; }
.presenting .body { grid-template-columns: minmax(0, 1fr); }

.printed { display: none; }
@media (prefers-reduced-motion: no-preference) { button { transition: background .1s; } }
@media (forced-colors: active) { .known { border-color: CanvasText; } }
@media print {
  :host { contain: none; }
  .player { height: auto; display: block; color: #000; background: none; }
  .player > * { display: none; }
  .player > .printed { display: block; }
  .printed p { margin: 4px 0; }
  .printed h2 { color: #000; margin: 12px 0 4px; break-after: avoid; }
  .printed svg { display: block; break-inside: avoid; }
}
`;

/** The sheet that all players share. */
export const sheet = sharedSheet(css);
