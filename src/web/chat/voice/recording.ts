import { signal } from "@preact/signals";
import type { MessageFile } from "../../../sdk/public/files.ts";
import { keepLocal } from "../files/local.ts";
import { type Format, formatHere } from "./formats.ts";
import { LENGTH_MAX } from "./limits.ts";
import { Meter, waveformOf } from "./loudness.ts";

/**
 * - `asking`: the browser asks the person for the microphone
 * - `refused`: there is no recording. `refusal` says why
 * - `done`: it can be heard and sent
 */
export type RecordingState = "asking" | "refused" | "recording" | "paused" | "done";
export type Refusal = "denied" | "missing" | "busy" | "insecure" | "unsupported" | "failed";

/** Milliseconds between two looks at the loudness. */
const LOOK_MS = 50;
/** Bits a second: speech is clear, and a minute takes 240 kB. */
const BITS = 32_000;

const REFUSALS: Record<string, Refusal> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
  NotSupportedError: "unsupported",
};

/** A finished recording. */
export interface Recorded {
  bytes: File;
  /** As a message shows it. */
  file: MessageFile;
  duration: number;
  waveform: string;
}

/** One voice message, from the press that began it. */
export class Recording {
  readonly state = signal<RecordingState>("asking");
  readonly refusal = signal<Refusal>("failed");
  /** Seconds, without pauses. */
  readonly seconds = signal(0);
  /** The loudnesses from 0 to 1, the newest last. */
  readonly levels = signal<readonly number[]>([]);
  readonly recorded = signal<Recorded | undefined>(undefined);

  private readonly chunks: Blob[] = [];
  private recorder: MediaRecorder | undefined;
  private meter: Meter | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;
  private lookedAt = 0;
  private isOver = false;

  constructor(private readonly nameOf: (ending: string) => string) {}

  async start() {
    const refuse = (why: Refusal) => {
      this.refusal.value = why;
      this.state.value = "refused";
    };
    const format = typeof MediaRecorder === "function" ? formatHere() : undefined;
    if (!isSecureContext) return refuse("insecure");
    if (!format || !navigator.mediaDevices) return refuse("unsupported");
    this.state.value = "asking";
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      // Somebody has waived it while the browser asked.
      if (this.isOver) return stop(stream);
      this.record(stream, format);
    } catch (error) {
      refuse(REFUSALS[error instanceof Error ? error.name : ""] ?? "failed");
    }
  }

  private record(stream: MediaStream, format: Format) {
    const recorder = new MediaRecorder(stream, { mimeType: format.mimeType, audioBitsPerSecond: BITS });
    this.recorder = recorder;
    this.meter = new Meter(stream);
    recorder.addEventListener("dataavailable", ({ data }) => this.chunks.push(data));
    recorder.addEventListener("stop", () => {
      clearInterval(this.timer);
      this.meter?.end();
      stop(stream);
      if (!this.isOver) this.keep(format);
    });
    recorder.start(1000);
    this.lookedAt = performance.now();
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.state.value = "recording";
  }

  private look() {
    const now = performance.now();
    const passed = (now - this.lookedAt) / 1000;
    this.lookedAt = now;
    if (this.state.peek() !== "recording") return;
    this.seconds.value = Math.min(LENGTH_MAX, this.seconds.peek() + passed);
    this.levels.value = [...this.levels.peek(), this.meter?.read() ?? 0];
    if (this.seconds.peek() >= LENGTH_MAX) this.finish();
  }

  private keep({ type, ending }: Format) {
    const name = this.nameOf(ending);
    const bytes = new File(this.chunks, name, { type });
    const [duration, waveform] = [Math.round(this.seconds.peek() * 10) / 10, waveformOf(this.levels.peek())];
    const id = `recording-${crypto.randomUUID()}`;
    keepLocal(id, bytes);
    this.recorded.value = {
      bytes,
      duration,
      waveform,
      file: { id, name, type, bytes: bytes.size, duration, waveform },
    };
    this.state.value = "done";
  }

  pause() {
    if (this.state.peek() !== "recording") return;
    this.look();
    this.recorder?.pause();
    this.state.value = "paused";
  }

  resume() {
    if (this.state.peek() !== "paused") return;
    this.recorder?.resume();
    this.lookedAt = performance.now();
    this.state.value = "recording";
  }

  /** Ends it. Resolves when it can be sent. */
  finish(): Promise<Recorded | undefined> {
    const { recorder } = this;
    if (!recorder || recorder.state === "inactive") return Promise.resolve(this.recorded.peek());
    if (this.state.peek() === "recording") this.look();
    return new Promise((resolve) => {
      recorder.addEventListener("stop", () => resolve(this.recorded.peek()));
      recorder.stop();
    });
  }

  /** Ends it without a result. */
  drop() {
    this.isOver = true;
    if (this.recorder && this.recorder.state !== "inactive") this.recorder.stop();
  }
}

/** Without this, the browser shows that the page still listens. */
const stop = (stream: MediaStream) => {
  for (const track of stream.getTracks()) track.stop();
};
