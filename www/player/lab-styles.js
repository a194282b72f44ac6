// The laboratory's styles: its panel, the editor, the comparison.

import { sharedSheet } from './dom.js';

const css = `
.with-lab .body { grid-template-columns: minmax(0, 1fr) 320px; }
.with-lab .stage { grid-column: 1; grid-row: 1 / -1; }
.with-lab:not(.selected) .inspector, .presenting .lab { display: none; }
.with-lab.selected:not(.without-inspector) .body { grid-template-rows: minmax(0, 1fr) minmax(0, 1fr); }
.with-lab .inspector { border-top: 1px solid var(--fw-line); }
.lab { border-left: 1px solid var(--fw-line); background: var(--fw-paper); min-height: 0; display: flex; flex-direction: column; }
.lab .bar { padding: 4px 4px 0 16px; min-height: 40px; }
.lab h2 { flex: 1; font-size: 14px; color: var(--fw-ink); }
.lab .bench { overflow: auto; flex: 1; min-height: 0; padding: 0 16px 16px; overflow-wrap: anywhere; }
.lab .bench > h3:first-child { margin-top: 4px; }
.lab summary { font-size: 12px; font-weight: 600; padding: 8px 0; cursor: pointer; }
.lab details { border-top: 1px solid var(--fw-line); margin-top: 8px; }
.lab .text-button, .lab .row button, .acts button, .notice .stop { border-color: var(--fw-line); }
.lab .row { display: flex; gap: 8px; }
.lab .done { list-style: none; }
.lab .done li { display: flex; align-items: center; gap: 8px; border-left: 3px solid var(--fw-ink); padding-left: 8px; margin: 2px 0; }
.lab .done li span { flex: 1; }
.knob { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; gap: 0 8px; padding: 4px 0 4px 8px; border-left: 3px solid transparent; }
.knob.turned { border-left-color: var(--fw-ink); }
.knob.turned > label { font-weight: 600; }
.knob .set { display: flex; align-items: center; gap: 4px 8px; grid-column: 1; grid-row: 2; flex-wrap: wrap; }
.knob.switch, .knob.choice { grid-template-columns: minmax(0, 1fr) auto 32px; min-height: 32px; }
.knob.switch .set, .knob.choice .set { grid-column: 2; grid-row: 1; }
.knob.switch .reset, .knob.choice .reset { grid-column: 3; grid-row: 1; }
.knob .reset { grid-column: 2; grid-row: 2; min-width: 32px; padding: 0; }
.knob input[type=range] { flex: 1 1 80px; min-width: 60px; accent-color: var(--fw-ink); margin: 0; min-height: 24px; }
.knob input[type=number], .acts input { font: inherit; color: inherit; width: 9ch; min-height: 28px; background: var(--fw-paper); border: 1px solid var(--fw-faint); border-radius: 4px; padding: 0 6px; }
.knob .unit { min-width: 1.5em; font-size: 12px; color: var(--fw-faint); }
.knob .off, .rule label { display: inline-flex; align-items: center; gap: 6px; }
.lab input[type=checkbox] { width: 16px; height: 16px; margin: 0; accent-color: var(--fw-ink); flex: none; }
.rule { padding: 2px 0 6px; }
.rule .hosts { display: flex; flex-wrap: wrap; gap: 2px 16px; padding-left: 22px; font-size: 12px; color: var(--fw-faint); }
.rule label { min-height: 28px; }
.acts { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin-bottom: 8px; }
.acts button { padding: 0 7px; }
.acts label { display: inline-flex; gap: 6px; align-items: center; font-size: 12px; color: var(--fw-faint); }
.narrow .lab { position: absolute; left: 0; right: 0; bottom: 0; height: 55%; border: 0; border-top: 1px solid var(--fw-ink); z-index: 1; }
.narrow .knob input[type=number], .narrow .knob input[type=range], .narrow .knob label, .narrow .rule label { min-height: 44px; }
.narrow .knob > label { display: flex; align-items: end; }
.player:not([data-controls='full'], .narrow) .lab { position: absolute; right: 0; top: 0; bottom: 0; width: min(320px, 90%); z-index: 1; }

.editor { padding: 8px 8px 16px; width: min(860px, 96vw); height: min(820px, 94vh); }
.editor[open] { display: flex; flex-direction: column; gap: 8px; }
.editor > :not(.bar) { margin: 0 16px; }
.editor > .bar { padding: 0 0 0 16px; flex: none; }
.editor h2 { flex: 1; font-size: 14px; color: inherit; }
.editor .what { display: flex; align-items: center; gap: 8px; font-size: 12px; color: var(--fw-faint); }
.editor .what select { color: var(--fw-ink); font-size: 14px; }
.editor .sheet { flex: 1; min-height: 0; display: flex; border: 1px solid var(--fw-faint); border-radius: 4px; font: 12px/18px var(--fw-mono); }
.editor .gutter { margin: 0; padding: 6px 6px 24px; min-width: 4ch; overflow: hidden; text-align: right; color: var(--fw-faint); font: inherit; border-right: 1px solid var(--fw-line); flex: none; }
.editor .gutter .bad { color: var(--fw-trouble); font-weight: 700; }
.editor textarea { flex: 1; min-width: 0; resize: none; border: 0; padding: 6px 8px; color: inherit; background: none; font: inherit; white-space: pre; overflow: auto; }
.editor .flaw:not(:empty) { color: var(--fw-trouble); border-left: 4px solid var(--fw-trouble); padding-left: 8px; overflow-wrap: anywhere; }
.editor .flaw:empty { display: none; }
.narrow .editor > :not(.bar) { margin: 0 4px; }

.compare { padding: 8px 8px 16px; width: min(1240px, 97vw); height: min(1000px, 96vh); max-width: none; max-height: none; }
.compare[open] { display: flex; flex-direction: column; gap: 8px; }
.compare > :not(.bar) { margin: 0 16px; }
.compare > .bar { padding: 0 0 0 16px; flex: none; }
.compare h2 { flex: 1; font-size: 14px; color: inherit; }
.compare h3 { margin: 0 0 4px; flex: none; }
.compare .sum { flex: none; }
.compare .counts th, .compare .counts td { padding: 1px 16px 1px 0; }
.compare .counts tbody td { font-weight: 600; }
.compare .halves { flex: 2; min-height: 0; display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 12px; }
.compare .halves.over { grid-template-columns: minmax(0, 1fr); }
.compare .half[hidden] { display: none; }
.compare .how { border: 0; margin: 4px 0 0; padding: 0; display: flex; gap: 4px 16px; flex-wrap: wrap; }
.compare .how label { display: inline-flex; align-items: center; gap: 6px; min-height: 28px; }
.compare .how input { margin: 0; width: 16px; height: 16px; accent-color: var(--fw-ink); }
.compare .signs { margin: 2px 0 0; font-size: 12px; color: var(--fw-faint); white-space: normal; overflow-wrap: anywhere; }
.compare .row { display: flex; gap: 8px; align-items: center; margin: 4px 0 0; flex-wrap: wrap; }
.compare .row button { border-color: var(--fw-line); }
.compare .row[hidden] { display: none; }
.narrow .compare .how label, .narrow .compare .row button { min-height: 44px; }
.compare .half:not([hidden]) { min-height: 0; min-width: 0; display: flex; flex-direction: column; }
.compare .half .scroller { flex: 1; min-height: 0; height: auto; border: 1px solid var(--fw-line); }
.compare .told { flex: 0 1 auto; max-height: 30%; min-height: 64px; overflow: auto; border-top: 1px solid var(--fw-line); padding-top: 8px; }
.compare .rows td { padding: 1px 12px 1px 0; vertical-align: top; }
.compare .rows .when { white-space: nowrap; }
.compare .rows button { min-height: 24px; padding: 0 4px; text-decoration: underline; font-variant-numeric: tabular-nums; }
.narrow .compare > :not(.bar) { margin: 0 4px; }
.narrow .compare { overflow-x: hidden; overflow-y: auto; }
.narrow .compare .halves, .narrow .compare .halves.over { grid-template-columns: minmax(0, 1fr); flex: none; }
.narrow .compare .half .scroller { height: 60vh; flex: none; }
.narrow .compare .counts { display: block; overflow-x: auto; }
.narrow .compare .counts th, .narrow .compare .counts td { padding-right: 6px; }
.narrow .compare .told { overflow: visible; flex: none; max-height: none; }
.lab .moment { border: 0; margin: 12px 0 0; padding: 0; min-width: 0; }
.lab .moment legend { padding: 0; font-size: 12px; font-weight: 600; }
.lab .moment label { display: flex; align-items: center; gap: 6px; min-height: 28px; }
.lab .moment input { margin: 0; width: 16px; height: 16px; accent-color: var(--fw-ink); flex: none; }
.lab .moment p { font-size: 12px; }
.narrow .lab .moment label { min-height: 44px; }

@media print { .lab { display: none; } }
`;

/** The laboratory's own sheet, to stand behind the player's. */
export const labSheet = sharedSheet(css);
