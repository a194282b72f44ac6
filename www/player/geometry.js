// Where the marks of a display list stand: what is at a point, which room each takes, and which of them look different when the
// playhead has moved.

import { KIND, LOOK } from './paint.js';

/** @typedef {import('./types.d.ts').DisplayList} DisplayList */
/** A rectangle: left, top, right, bottom. @typedef {[number, number, number, number]} Box */

/** Playhead positions nearer than this are the same, as in paint.js. */
const SAME = 0.01;
/** Room around a mark's points: for heads, wide strokes and crosses. */
const AROUND = 13;
/** No character is wider, and no line of text taller than twice this. */
const WIDEST = 15;

/**
 * The id of the thing at a point; 0 for none. What was drawn last wins, what is meant exactly wins over what is near.
 * @param {DisplayList} list
 * @param {number} x
 * @param {number} y
 * @param {number} reach how far from a line still counts
 * @param {number} horizon what begins behind this position is not there
 */
export function hit(list, x, y, reach, horizon) {
  let found = 0;
  let best = Infinity;
  for (let i = list.kind.length - 1; i >= 0; i--) {
    const id = list.id[i];
    if (id === 0 || list.from[i] > horizon + 0.01) continue;
    const distance = distanceTo(list, i, x, y);
    if (distance < best && distance <= reach) {
      best = distance;
      found = id;
    }
  }
  return found;
}

/**
 * @param {DisplayList} list
 * @param {number} i
 * @param {number} x
 * @param {number} y
 */
function distanceTo(list, i, x, y) {
  const at = list.start[i];
  const p = list.points;
  switch (list.kind[i]) {
    case KIND.rect:
    case KIND.region: {
      const dx = Math.max(p[at] - x, 0, x - p[at] - p[at + 2]);
      const dy = Math.max(p[at + 1] - y, 0, y - p[at + 1] - p[at + 3]);
      // Lines are harder to hit than areas, so an area yields to a line that is just as near.
      return Math.hypot(dx, dy) + 2;
    }
    case KIND.arrow:
    case KIND.line:
      return toSegment(p[at], p[at + 1], p[at + 2], p[at + 3], x, y);
    case KIND.cross:
    case KIND.text:
      return Math.hypot(p[at] - x, p[at + 1] - y);
    default:
      return Infinity;
  }
}

/**
 * @param {number} x0
 * @param {number} y0
 * @param {number} x1
 * @param {number} y1
 * @param {number} x
 * @param {number} y
 */
function toSegment(x0, y0, x1, y1, x, y) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const t = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x0 + t * dx - x, y0 + t * dy - y);
}

/**
 * The boxes of all marks (left, top, right, bottom in turn): none is larger than its box, though it may well be smaller.
 * @param {DisplayList} list
 */
export function boxes(list) {
  const count = list.kind.length;
  const out = new Float32Array(4 * count);
  for (let i = 0; i < count; i++) {
    const p = list.points.subarray(list.start[i], list.start[i + 1]);
    const rectangle = list.kind[i] === KIND.rect || list.kind[i] === KIND.region;
    const text = list.kind[i] === KIND.text;
    let [left, top, right, bottom] = [p[0], p[1], p[0], p[1]];
    if (rectangle) [right, bottom] = [p[0] + p[2], p[1] + p[3]];
    else if (!text) {
      for (let k = 2; k + 1 < p.length; k += 2) {
        left = Math.min(left, p[k]);
        right = Math.max(right, p[k]);
        top = Math.min(top, p[k + 1]);
        bottom = Math.max(bottom, p[k + 1]);
      }
    }
    const length = text ? list.texts[list.text[i]].length * WIDEST : 0;
    const turned = text && p.length === 4;
    out.set([left - AROUND - length, top - AROUND - (turned ? length : 0), right + AROUND + length, bottom + AROUND + (turned ? length : 0)], 4 * i);
  }
  return out;
}

/**
 * The box around all marks that look different when the playhead goes from one position to another; nothing where none does.
 * @param {DisplayList} list
 * @param {Float32Array} boxes of its marks
 * @param {number} before
 * @param {number} after
 * @returns {Box | undefined}
 */
export function changed(list, boxes, before, after) {
  const low = Math.min(before, after);
  const high = Math.max(before, after);
  /** @type {Box} */
  const out = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < list.kind.length; i++) {
    const [from, until] = [list.from[i], list.until[i]];
    const empties = list.look[i] & LOOK.empties;
    // Not there yet, complete already, or (a buffer) full all the while.
    if (from > high + SAME || (from <= low + SAME && (until <= low + SAME || (empties && until > high + SAME)))) continue;
    const kind = list.kind[i];
    if (kind === KIND.region || kind === KIND.clip) continue;
    const at = 4 * i;
    let [left, top, right, bottom] = [boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]];
    if (until > high + SAME && !empties && (kind === KIND.rect || kind === KIND.arrow)) {
      // Of what grows, and goes on growing, only the piece that was added, or taken away.
      const p = list.points;
      const k = list.start[i];
      const [a, b] = [low, high].map((position) => Math.min(1, Math.max(0, (position - from) / (until - from))));
      const tall = kind === KIND.rect ? p[k + 3] : p[k + 3] - p[k + 1];
      top = p[k + 1] + Math.min(tall * a, tall * b) - AROUND;
      bottom = p[k + 1] + Math.max(tall * a, tall * b) + AROUND;
      if (kind === KIND.arrow) {
        const wide = p[k + 2] - p[k];
        left = p[k] + Math.min(wide * a, wide * b) - AROUND;
        right = p[k] + Math.max(wide * a, wide * b) + AROUND;
      }
    }
    if (left < out[0]) out[0] = left;
    if (top < out[1]) out[1] = top;
    if (right > out[2]) out[2] = right;
    if (bottom > out[3]) out[3] = bottom;
  }
  return out[0] < out[2] ? out : undefined;
}
