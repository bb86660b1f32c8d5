import { WAVEFORM_MAX } from "./limits.ts";

/** Measures how loud a microphone is now. */
export class Meter {
  private readonly context = new AudioContext();
  private readonly analyser = this.context.createAnalyser();
  private readonly samples = new Float32Array(this.analyser.fftSize);

  constructor(stream: MediaStream) {
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    // Some browsers start it only when asked, within the press that began the recording.
    void this.context.resume();
  }

  /** From 0 to 1. Speech at an arm's length is about a half. */
  read(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0) / this.samples.length;
    return Math.min(1, Math.sqrt(power) ** 0.6 * 2);
  }

  end() {
    void this.context.close();
  }
}

/** The loudnesses of a recording as a waveform: in base64, a byte for each of at most 64 parts. */
export function waveformOf(levels: readonly number[]): string {
  const bars = Math.min(WAVEFORM_MAX, Math.max(1, levels.length));
  const bytes = Array.from({ length: bars }, (_, bar) => {
    const part = levels.slice(Math.floor((bar * levels.length) / bars), Math.floor(((bar + 1) * levels.length) / bars));
    return Math.round(255 * Math.max(0, ...part));
  });
  return btoa(String.fromCharCode(...bytes));
}
