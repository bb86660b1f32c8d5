import { effect, signal } from "@preact/signals";
import { kept } from "../../design/kept.ts";

/** A voice message or another sound. */
export interface Track {
  /** The id of its file. */
  id: string;
  url: string;
  /** For the controls of the system. */
  title: string;
  by: string;
  /** In seconds, as its sender said. */
  duration?: number | undefined;
  /** Returns the sound that plays after it. */
  next?(): Track | undefined;
}

export const SPEEDS = ["1", "1.5", "2"] as const;
/** How fast sounds play, on this device. */
export const speed = kept("speed", SPEEDS);

/** The sound that plays, or played last. It goes on when its message is out of sight. */
export const track = signal<Track | undefined>(undefined);
export const isPlaying = signal(false);
export const hasFailed = signal(false);
/** Seconds. */
const position = signal(0);
/** Seconds, as the browser knows it. Recordings of some browsers do not say it. */
export const length = signal<number | undefined>(undefined);

/** Where sounds were left, by the id of the file. */
const left = signal<ReadonlyMap<string, number>>(new Map());

/** Seconds from the start of a sound, also of one that does not play. */
export const positionOf = (id: string) => (track.value?.id === id ? position.value : (left.value.get(id) ?? 0));

const keep = (id: string, seconds: number) => {
  left.value = new Map([...left.value].slice(-50)).set(id, seconds);
};

let element: HTMLAudioElement | undefined;
/** The one player of the page that may be heard now. */
let turn: HTMLMediaElement | undefined;

/** One player is heard at a time. */
export function takeTurn(player: HTMLMediaElement) {
  if (turn !== player) turn?.pause();
  turn = player;
}

function audio(): HTMLAudioElement {
  if (element) return element;
  const made = new Audio();
  element = made;
  const look = () => {
    position.value = made.currentTime;
  };
  const follow = () => {
    if (made.paused) return;
    look();
    requestAnimationFrame(follow);
  };
  made.addEventListener("play", () => {
    takeTurn(made);
    isPlaying.value = true;
    follow();
  });
  made.addEventListener("pause", () => {
    isPlaying.value = false;
    look();
  });
  made.addEventListener("seeked", look);
  // A hidden page draws no frames.
  made.addEventListener("timeupdate", look);
  made.addEventListener("durationchange", () => {
    length.value = Number.isFinite(made.duration) ? made.duration : undefined;
  });
  made.addEventListener("error", () => {
    hasFailed.value = true;
    isPlaying.value = false;
  });
  made.addEventListener("ended", () => {
    const next = track.peek()?.next?.();
    made.currentTime = 0;
    if (next) play(next);
  });
  effect(() => {
    made.defaultPlaybackRate = Number(speed.value);
    made.playbackRate = Number(speed.value);
  });
  followSystem(made);
  return made;
}

/** Plays a sound from where it was left. */
function play(wanted: Track) {
  const player = audio();
  const before = track.peek();
  if (before?.id !== wanted.id || hasFailed.peek()) {
    if (before && before.id !== wanted.id) keep(before.id, position.peek());
    const from = positionOf(wanted.id);
    track.value = wanted;
    hasFailed.value = false;
    length.value = undefined;
    player.src = wanted.url;
    // Also before anything is loaded: then it is where playing begins.
    player.currentTime = from;
    position.value = from;
  }
  showToSystem(wanted);
  player.play().catch(() => {
    // A sound that can't play has an error event. One that was stopped by another has none.
    isPlaying.value = !player.paused && !hasFailed.peek();
  });
}

export const pause = () => element?.pause();

export const toggle = (wanted: Track) => (track.peek()?.id === wanted.id && isPlaying.peek() ? pause() : play(wanted));

/** Goes to a moment of a sound. One that does not play begins there when it is asked to. */
export function seek(id: string, seconds: number) {
  if (track.peek()?.id !== id || !element) return keep(id, seconds);
  element.currentTime = seconds;
  position.value = seconds;
}

/** Stops a sound whose message is gone. */
export function forget(id: string) {
  if (track.peek()?.id !== id) return;
  pause();
  element?.removeAttribute("src");
  track.value = undefined;
}

/** The keys of a headset and the lock screen of a phone. */
function followSystem(player: HTMLAudioElement) {
  if (!("mediaSession" in navigator)) return;
  const { mediaSession } = navigator;
  mediaSession.setActionHandler("play", () => void player.play().catch(() => {}));
  mediaSession.setActionHandler("pause", () => player.pause());
}

function showToSystem({ title, by }: Track) {
  if ("mediaSession" in navigator) navigator.mediaSession.metadata = new MediaMetadata({ title, artist: by });
}
