/** The bars of a waveform, as `protocol/files.ts` has them. That file needs a library that the page does not load. */
export const WAVEFORM_MAX = 64;
/** Seconds. A recording ends by itself then. */
export const LENGTH_MAX = 15 * 60;
