/** What a player tells by `error`: the message, in the reader's language. */
export type FramewireError = CustomEvent<string>;

/**
 * `<framewire-player>`. Attributes: `scenario` (name of a built-in one), `src` (address of a scenario, a recording or a capture), `view`,
 * `lang` (`en`, `zh`), `theme` (`auto`, `light`, `dark`), `start`, `end` (seconds), `autoplay`, `loop`, `speed`, `controls` (`none`,
 * `minimal`, `full`), `height` (a length, or `auto`), `connection` (of a capture the one to show, from 0), `predict` (asks what comes next;
 * a number limits the questions). A child `<script type="application/json">` holds a scenario of its own; any other
 * child is shown until the figure is there, where scripts are forbidden, and in print.
 *
 * Events, as of `<video>`: `loadstart`, `loadeddata`, `play`, `pause`, `timeupdate`, `seeked`, `ratechange`, `ended`, `error`; beyond
 * those `select`, `languagechange`, `predict` (after each answer) and `predictend` (the score).
 */
export declare class FramewirePlayer extends HTMLElement {
  /** Seconds of the conversation. */
  currentTime: number;
  /** Seconds; 0 as long as nothing is open. */
  readonly duration: number;
  readonly paused: boolean;
  readonly ended: boolean;
  playbackRate: number;
  readonly loop: boolean;
  lang: string;
  /** How tall it would like to be at its width, in CSS pixels; 0 as long as nothing is open. */
  readonly naturalHeight: number;
  play(): Promise<void>;
  pause(): void;
  toggle(): void;
  /**
   * Opens a scenario (JSON text or object) or the bytes of a recording; without an argument, again what the attributes say.
   * A player that has not been scrolled to opens it when it is.
   */
  load(source?: string | object | Uint8Array | ArrayBuffer | Blob): Promise<void>;
  /** The JSON text of the scenario as it is shown now, with all changes made in the laboratory; nothing for a recording. */
  scenarioJson(): string | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    'framewire-player': FramewirePlayer;
  }
}
