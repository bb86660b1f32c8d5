/**
 * The first of these that the browser writes. Firefox finds a moment of an Ogg file sooner than of WebM; Chromium writes
 * WebM, and Safari MP4.
 */
const FORMATS = [
  ["audio/ogg;codecs=opus", "ogg"],
  ["audio/webm;codecs=opus", "webm"],
  ["audio/mp4", "m4a"],
] as const;

export interface Format {
  /** For the recorder. */
  mimeType: string;
  /** Of the file, without parameters. */
  type: string;
  ending: string;
}

export function formatHere(): Format | undefined {
  const found = FORMATS.find(([mimeType]) => MediaRecorder.isTypeSupported(mimeType));
  if (!found) return undefined;
  const [mimeType, ending] = found;
  return { mimeType, type: mimeType.replace(/;.*/, ""), ending };
}
