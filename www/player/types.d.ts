// Shapes that cross the boundary from Rust (src/view/session.rs, transcript.rs, list.rs).

/** A display list: row i of each column belongs to mark i. Columns are copies, never views. */
export interface DisplayList {
  width: number;
  height: number;
  kind: Uint8Array;
  role: Uint8Array;
  hue: Uint8Array;
  look: Uint16Array;
  id: Uint32Array;
  from: Float64Array;
  until: Float64Array;
  start: Uint32Array;
  points: Float32Array;
  text: Uint32Array;
  texts: string[];
}

export interface ProgramInfo {
  program: number;
  host: number;
  name: string;
  lines: string[];
}

export interface About {
  hosts: { name: string; address: string }[];
  connections: string[];
  programs: ProgramInfo[];
  known: string[];
  packets: number;
  calls: number;
  end: number;
}

export interface Row {
  number: number;
  id: number;
  position: number;
  time: string;
  host: string;
  text: string;
  brief: string;
  known: string;
}

export interface Running {
  program: number;
  line: number;
  blocked: boolean;
  result: string;
  failed: boolean;
  id: number;
}

export interface Field {
  name: string;
  bits: number;
  start: number;
  value: string;
  meaning: string;
}

export interface HeaderBlock {
  title: string;
  first: number;
  fields: Field[];
}

export interface Detail {
  title: string;
  known: string;
  facts: [string, string][];
  headers: HeaderBlock[];
  bytes: Uint8Array | number[];
  hues: Uint8Array | number[];
  first: number;
  why: { text: string; cite: string; url: string }[];
  changed: { host: string; name: string; before: string; after: string }[];
}

export interface Variable {
  name: string;
  source: string;
  value: string;
  changed: boolean;
}

export interface VariableSet {
  host: string;
  socket: string;
  variables: Variable[];
}

export interface ScenarioInfo {
  name: string;
  title: string;
  look: string;
  question: string;
  topic: string;
  view: string;
}

export type Words = Record<string, string>;

/** A knob of a scenario (src/view/lab.rs). */
export interface KnobInfo {
  path: string;
  of: string;
  name: string;
  group: string;
  unit: 'switch' | 'count' | 'octets' | 'ns' | 'bit/s' | 'share' | 'choice';
  low: number;
  high: number;
  words: string[];
  value?: number | string | boolean;
  default?: number | string | boolean;
  changed: boolean;
  first: boolean;
  later: boolean;
}

/** A rule that can be broken (src/view/lab.rs). */
export interface RuleInfo {
  name: string;
  title: string;
  broken: boolean;
  hosts: [name: string, broken: boolean][];
}
