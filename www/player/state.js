// What a player knows of itself: what is open, where its playhead stands, what is selected.

/** @typedef {import('../pkg/framewire.js').Player} Core */
/** @typedef {import('./types.d.ts').About} About */
/** @typedef {import('./types.d.ts').ScenarioInfo} ScenarioInfo */

/** @type {About} */
const NOTHING = { hosts: [], connections: [], programs: [], known: [], packets: 0, calls: 0, end: 0 };

export class State extends HTMLElement {
  /** @type {Core | undefined} */
  core;
  /** @type {About} */
  about = NOTHING;
  /** @type {ScenarioInfo | undefined} */
  info;
  /** Position of the playhead, and of the end. */
  playhead = 0;
  extent = 0;
  rowCount = 0;
  paused = true;
  speed = 1;
  relative = true;
  selected = 0;
  pointed = 0;
  presenting = false;
  narrow = false;
  /** @type {Set<number>} */
  lit = new Set();
  /** @type {import('./types.d.ts').Words} */
  words = {};
  sequence = 0;
  /** How often it was connected and disconnected. */
  turns = 0;
  frame = 0;
  lastTick = 0;
  /** What the ladder was fitted to, and what the views were arranged for. */
  fitted = '';
  arranged = '';
  /** A conversation is being taken over: nothing is drawn until all of it stands. */
  opening = false;
  settling = 0;
  /** @type {string | undefined} */
  preferred;
  /** What load() was given. @type {string | object | undefined} */
  given;
  /** The file that is open, and which of its connections. @type {{ recording: import('../pkg/framewire.js').Recording, name: string, connection: number | undefined, local: boolean } | undefined} */
  held;
  /** The module is there, and the player speaks a language. */
  loaded = false;
}
