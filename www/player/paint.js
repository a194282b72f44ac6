// Paints a display list (src/view/list.rs) on a canvas. What lies after the playhead is faint; what grows is cut
// where the playhead stands.

/** @typedef {import('./types.d.ts').DisplayList} DisplayList */
/** @typedef {import('./theme.js').Theme} Theme */

export const KIND = { line: 0, arrow: 1, rect: 2, area: 3, text: 4, cross: 5, region: 6, clip: 7 };

export const LOOK = {
  dashed: 1,
  double: 2,
  dotted: 4,
  openHead: 8,
  bold: 16,
  hatched: 32,
  outline: 64,
  barred: 128,
  mono: 256,
  centre: 512,
  end: 1024,
  large: 2048,
  empties: 4096,
  headless: 8192,
  halo: 16384,
  soft: 32768,
};

/** Roles that get a fine line: faint, grid, timer. */
const FINE = new Set([1, 2, 6]);
const FUTURE = 0.2;
/** So far out of sight lines end. */
const AIR = 40;
/** Turned text stands at multiples of this angle: half a degree. */
const TURN = Math.PI / 360;
/** Opacity of what is translucent. */
const SOFT = 0.22;

/**
 * @typedef {object} Scene
 * @property {number} playhead position of the playhead; marks that begin later are faint
 * @property {number} horizon nothing behind this position is shown
 * @property {Set<number>} lit ids that are selected or pointed at, and what belongs to them
 */

/**
 * Copies the columns that Rust hands out as views.
 * @param {any} columns
 * @returns {DisplayList}
 */
export function copyList(columns) {
  return {
    width: columns.width,
    height: columns.height,
    kind: columns.kind.slice(),
    role: columns.role.slice(),
    hue: columns.hue.slice(),
    look: columns.look.slice(),
    id: columns.id.slice(),
    from: columns.from.slice(),
    until: columns.until.slice(),
    start: columns.start.slice(),
    points: columns.points.slice(),
    text: columns.text.slice(),
    texts: columns.texts.split('\n'),
  };
}

/**
 * @param {CanvasRenderingContext2D} ctx scaled to CSS pixels
 * @param {DisplayList} list
 * @param {Theme} theme
 * @param {Scene} scene
 * @param {(i: number) => boolean} [wanted] which marks; all, if it is not given
 */
export function paint(ctx, list, theme, scene, wanted) {
  const painter = new Painter(ctx, list, theme, scene);
  ctx.save();
  ctx.lineJoin = 'round';
  for (let i = 0; i < list.kind.length; i++) if (!wanted || list.kind[i] === KIND.clip || wanted(i)) painter.mark(i);
  painter.unclip();
  ctx.restore();
}

class Painter {
  /**
   * @param {CanvasRenderingContext2D} ctx
   * @param {DisplayList} list
   * @param {Theme} theme
   * @param {Scene} scene
   */
  constructor(ctx, list, theme, scene) {
    this.ctx = ctx;
    this.list = list;
    this.theme = theme;
    this.scene = scene;
    this.clipped = false;
    /** The font that is set; setting one is slow. */
    this.font = '';
  }

  unclip() {
    if (this.clipped) this.ctx.restore();
    this.clipped = false;
    this.font = '';
  }

  /** @param {number} i */
  mark(i) {
    const { list, ctx, scene } = this;
    const kind = list.kind[i];
    const at = list.start[i];
    const p = list.points;
    if (kind === KIND.region) return;
    if (kind === KIND.clip) {
      this.unclip();
      if (p[at + 2] > 0) {
        ctx.save();
        this.clipped = true;
        ctx.beginPath();
        ctx.rect(p[at], p[at + 1], p[at + 2], p[at + 3]);
        ctx.clip();
      }
      return;
    }
    const from = list.from[i];
    const until = list.until[i];
    const lit = list.id[i] !== 0 && scene.lit.has(list.id[i]);
    if (from > scene.horizon + 0.01) return;
    // How long a timer will run is not known yet, either.
    if (kind === KIND.line && until > scene.horizon + 0.01 && scene.horizon < Infinity) return;
    if (list.look[i] & LOOK.empties) {
      // Full while the playhead stands between; a trace of it stays behind.
      const full = from <= scene.playhead + 0.01 && until > scene.playhead + 0.01;
      ctx.globalAlpha = full ? 2.6 * SOFT : from > scene.playhead ? FUTURE * SOFT : SOFT * 0.65;
      ctx.fillStyle = this.colour(i);
      ctx.fillRect(p[at], p[at + 1], p[at + 2], p[at + 3]);
      ctx.globalAlpha = 1;
      return;
    }
    if (from > scene.playhead + 0.01) {
      ctx.globalAlpha = FUTURE;
      this.draw(i, lit, 1);
      ctx.globalAlpha = 1;
    } else if (until <= scene.playhead + 0.01) {
      this.draw(i, lit, 1);
    } else {
      ctx.globalAlpha = FUTURE;
      if (until <= scene.horizon + 0.01) this.draw(i, lit, 1);
      ctx.globalAlpha = 1;
      this.draw(i, lit, (scene.playhead - from) / (until - from));
    }
  }

  /**
   * @param {number} i
   * @param {boolean} lit
   * @param {number} part how much of it is there, from 0 to 1
   */
  draw(i, lit, part) {
    const { list, ctx } = this;
    const at = list.start[i];
    const p = list.points;
    switch (list.kind[i]) {
      case KIND.line:
        this.stroke(i, lit);
        ctx.beginPath();
        ctx.moveTo(p[at], p[at + 1]);
        for (let k = at + 2; k < list.start[i + 1]; k += 2) ctx.lineTo(p[k], p[k + 1]);
        ctx.stroke();
        ctx.setLineDash([]);
        break;
      case KIND.arrow:
        this.arrow(i, lit, part);
        break;
      case KIND.rect:
        this.rect(i, lit, part);
        break;
      case KIND.area:
        ctx.fillStyle = this.colour(i);
        this.soften(i, lit, () => {
          ctx.beginPath();
          ctx.moveTo(p[at], p[at + 1]);
          for (let k = at + 2; k < list.start[i + 1]; k += 2) ctx.lineTo(p[k], p[k + 1]);
          ctx.closePath();
          ctx.fill();
        });
        break;
      case KIND.cross:
        ctx.strokeStyle = this.colour(i);
        ctx.lineWidth = lit ? 3 : 2;
        ctx.beginPath();
        ctx.moveTo(p[at] - 5, p[at + 1] - 5);
        ctx.lineTo(p[at] + 5, p[at + 1] + 5);
        ctx.moveTo(p[at] + 5, p[at + 1] - 5);
        ctx.lineTo(p[at] - 5, p[at + 1] + 5);
        ctx.stroke();
        break;
      case KIND.text:
        this.text(i, lit);
        break;
    }
  }

  /** @param {number} i */
  colour(i) {
    const { list, theme } = this;
    return list.hue[i] ? theme.hues[list.hue[i]] : theme.roles[list.role[i]];
  }

  /**
   * @param {number} i
   * @param {boolean} lit
   */
  stroke(i, lit) {
    const { ctx, list } = this;
    const look = list.look[i];
    ctx.strokeStyle = this.colour(i);
    ctx.lineWidth = (look & LOOK.bold ? 2.5 : FINE.has(list.role[i]) ? 1 : 1.5) + (lit ? 1.5 : 0);
    if (look & LOOK.dashed) ctx.setLineDash([6, 4]);
    else if (look & LOOK.dotted) ctx.setLineDash([1.5, 3]);
  }

  /**
   * @param {number} i
   * @param {boolean} lit
   * @param {() => void} fill
   */
  soften(i, lit, fill) {
    const { ctx } = this;
    const before = ctx.globalAlpha;
    if (this.list.look[i] & LOOK.soft) ctx.globalAlpha = before * (lit ? 0.45 : SOFT);
    fill();
    ctx.globalAlpha = before;
  }

  /**
   * @param {number} i
   * @param {boolean} lit
   * @param {number} part
   */
  arrow(i, lit, part) {
    const { ctx, list } = this;
    const [x0, y0, tx, ty] = list.points.subarray(list.start[i], list.start[i] + 4);
    const look = list.look[i];
    const x1 = x0 + (tx - x0) * part;
    const y1 = y0 + (ty - y0) * part;
    const length = Math.hypot(tx - x0, ty - y0) || 1;
    const [ux, uy] = [(tx - x0) / length, (ty - y0) / length];
    this.stroke(i, lit);
    // Of a long one only what is in sight; dashes are left alone, they would move.
    const [from, to] = look & (LOOK.dashed | LOOK.dotted) ? [0, 1] : this.seen(y0, y1);
    for (const s of look & LOOK.double ? [-1.75, 1.75] : [0]) {
      ctx.beginPath();
      ctx.moveTo(x0 + (x1 - x0) * from - uy * s, y0 + (y1 - y0) * from + ux * s);
      ctx.lineTo(x0 + (x1 - x0) * to - uy * s, y0 + (y1 - y0) * to + ux * s);
      ctx.stroke();
    }
    ctx.setLineDash([]);
    if (look & LOOK.headless || (part < 1 && length * part < 10)) return;
    const size = lit ? 11 : 9;
    ctx.beginPath();
    ctx.moveTo(x1 - ux * size - uy * size * 0.45, y1 - uy * size + ux * size * 0.45);
    ctx.lineTo(x1, y1);
    ctx.lineTo(x1 - ux * size + uy * size * 0.45, y1 - uy * size - ux * size * 0.45);
    if (look & LOOK.openHead) {
      ctx.stroke();
    } else {
      ctx.closePath();
      ctx.fillStyle = this.colour(i);
      ctx.fill();
    }
    if (look & LOOK.barred && part === 1) {
      ctx.beginPath();
      ctx.moveTo(x1 - uy * 7, y1 + ux * 7);
      ctx.lineTo(x1 + uy * 7, y1 - ux * 7);
      ctx.stroke();
    }
  }

  /**
   * Where, from 0 to 1, a line from one height to another comes into the picture and leaves it, with some air.
   * @param {number} y0
   * @param {number} y1
   */
  seen(y0, y1) {
    const { height } = this.list;
    if (Math.abs(y1 - y0) < height) return [0, 1];
    const [a, b] = [(-AIR - y0) / (y1 - y0), (height + AIR - y0) / (y1 - y0)];
    const from = Math.max(0, Math.min(a, b));
    return [from, Math.max(from, Math.min(1, Math.max(a, b)))];
  }

  /**
   * @param {number} i
   * @param {boolean} lit
   * @param {number} part
   */
  rect(i, lit, part) {
    const { ctx, list } = this;
    const [x, y, w, h] = list.points.subarray(list.start[i], list.start[i] + 4);
    const look = list.look[i];
    const height = h * part;
    if (look & LOOK.hatched) {
      ctx.save();
      ctx.beginPath();
      ctx.rect(x, y, w, height);
      ctx.clip();
      ctx.strokeStyle = this.colour(i);
      ctx.lineWidth = 1;
      ctx.beginPath();
      // Only what is in sight: a blocked call may be as long as the whole trace.
      const top = Math.max(y, -8);
      const bottom = Math.min(y + height, list.height + 8);
      for (let k = Math.floor((top - w) / 4) * 4; k < bottom + w; k += 4) {
        ctx.moveTo(x - 1, k + w + 1);
        ctx.lineTo(x + w + 1, k - 1);
      }
      ctx.stroke();
      ctx.restore();
      ctx.strokeStyle = this.colour(i);
      ctx.lineWidth = lit ? 2 : 1;
      ctx.strokeRect(x + 0.5, y + 0.5, Math.max(w - 1, 0.5), Math.max(height - 1, 0.5));
    } else if (look & LOOK.outline) {
      this.stroke(i, lit);
      ctx.lineWidth = lit ? 2.5 : 1;
      ctx.strokeRect(x, y, w, height);
      ctx.setLineDash([]);
    } else {
      ctx.fillStyle = this.colour(i);
      this.soften(i, lit, () => ctx.fillRect(x, y, w, height));
      if (lit && !(look & LOOK.soft)) {
        ctx.strokeStyle = this.theme.roles[0];
        ctx.lineWidth = 1.5;
        ctx.strokeRect(x, y, w, height);
      }
    }
  }

  /**
   * @param {number} i
   * @param {boolean} lit
   */
  text(i, lit) {
    const { ctx, list, theme } = this;
    const at = list.start[i];
    const p = list.points;
    const look = list.look[i];
    const size = look & LOOK.large ? 14 : 12;
    const weight = look & LOOK.bold || lit ? '600 ' : '';
    const font = `${weight}${size}px ${look & LOOK.mono ? theme.mono : theme.sans}`;
    if (font !== this.font) ctx.font = this.font = font;
    ctx.textAlign = look & LOOK.centre ? 'center' : look & LOOK.end ? 'right' : 'left';
    ctx.fillStyle = this.colour(i);
    const text = list.texts[list.text[i]];
    const turned = list.start[i + 1] - at === 4;
    let [x, y] = [p[at], p[at + 1]];
    // Bold letters are wider than those for which room was made.
    const most = lit && !turned && !(look & (LOOK.centre | LOOK.end)) ? list.width - x - 2 : undefined;
    if (turned) {
      ctx.save();
      ctx.translate(x, y);
      // In steps that nobody sees: letters that were drawn at this angle before need not be made anew.
      ctx.rotate(Math.round(Math.atan2(p[at + 3] - y, p[at + 2] - x) / TURN) * TURN);
      x = y = 0;
    }
    if (look & LOOK.halo) {
      const alpha = ctx.globalAlpha;
      ctx.globalAlpha = 1;
      if (turned) {
        // Letters outlined at every angle are slow: a band of paper does the same.
        const width = ctx.measureText(text).width + 2;
        const left = look & LOOK.centre ? width / 2 : look & LOOK.end ? width - 1 : 1;
        ctx.fillStyle = theme.paper;
        ctx.fillRect(-left, -size * 0.74, width, size * 0.86);
        ctx.fillStyle = this.colour(i);
      } else {
        ctx.strokeStyle = theme.paper;
        ctx.lineWidth = 3.5;
        ctx.strokeText(text, x, y, most);
      }
      ctx.globalAlpha = alpha;
    }
    ctx.fillText(text, x, y, most);
    if (turned) ctx.restore();
  }
}
