// What this page may ask of `framewire web`: to start, stop and turn programs. Whoever may do that knows the secret that stood in the
// address that was printed.

/** Where the secret is kept, as long as this tab is open. */
const KEY = 'framewire-key';

/** An answer that says no, with the field of the form that is meant. */
export class Refused extends Error {
  /**
   * @param {string} message
   * @param {string} field
   */
  constructor(message, field = '') {
    super(message);
    this.field = field;
  }
}

/**
 * @typedef {object} Offer what the server offers (native/src/web/start/routes.rs)
 * @property {import('../player/types.d.ts').Words} words
 * @property {boolean} unlocked
 * @property {boolean} commands
 * @property {boolean} performs scenarios on real sockets
 * @property {string[]} framings
 * @property {{ tcp: import('../player/types.d.ts').KnobInfo[], udp: import('../player/types.d.ts').KnobInfo[] }} knobs
 */

export class Server {
  constructor() {
    /** @type {Offer | undefined} */
    this.offer = undefined;
    this.lang = '';
  }

  get key() {
    try {
      return sessionStorage.getItem(KEY) ?? '';
    } catch {
      return '';
    }
  }

  /** Takes the secret out of what was pasted: it, or the whole address. @param {string} text */
  set key(text) {
    const key = /key=([0-9a-f]+)/.exec(text)?.[1] ?? text.trim();
    try {
      sessionStorage.setItem(KEY, key);
    } catch {
      // Without storage it holds for nothing; the server says so.
    }
  }

  /**
   * What is offered, with words in a language; nothing where the server cannot start anything.
   * @param {string} lang
   */
  async ask(lang) {
    try {
      const offer = await this.send(`api/start?lang=${lang}`);
      if (!offer?.words) return undefined;
      this.lang = lang;
      this.offer = /** @type {Offer} */ (offer);
      return this.offer;
    } catch {
      return undefined;
    }
  }

  /** @param {string} key */
  word(key) {
    return this.offer?.words[key] ?? key;
  }

  /**
   * Sends a wish; throws `Refused` with words for the reader.
   * @param {string} path
   * @param {object | string} [body] without one it is only asked
   */
  async send(path, body) {
    const at = new URL('../', import.meta.url);
    const headers = { 'x-framewire-token': this.key, 'content-type': 'application/json' };
    /** @type {Response} */
    let answer;
    try {
      answer = await fetch(new URL(path, at), body ? { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) } : { headers });
    } catch {
      throw new Refused(this.word('start-lost'));
    }
    const said = await answer.json().catch(() => undefined);
    if (!answer.ok) throw new Refused(said?.error ?? `${answer.status} ${answer.statusText}`, said?.field);
    return said;
  }

  /** @param {string} path @param {object | string} body */
  act(path, body) {
    return this.send(`${path}?lang=${this.lang}`, body);
  }
}
