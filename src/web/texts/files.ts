import { count, numbers } from "./format.ts";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
const sizes = UNITS.map((unit) => {
  const unitDisplay = unit === "byte" ? "long" : "short";
  return new Intl.NumberFormat("en", { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 });
});

/** `820 kB`, `2.4 MB`, with the decimal units of the settings. */
function size(bytes: number): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), sizes.length - 1);
  const shown = bytes / 1000 ** step;
  return sizes[step]?.format(shown < 100 ? shown : Math.round(shown)) ?? "";
}

const pictures = (files: number) => count(files, "picture", "pictures");

/** The texts of the files of messages. They load with the first one. */
export const fileTexts = {
  size,
  picture: (name: string, alt: string | undefined) => (alt ? `Picture: ${alt}` : `Picture ${name}`),
  video: (name: string) => `Video ${name}`,
  /** A picture among several. */
  place: (label: string, position: number, total: number) => `${label}, ${position} of ${total}`,
  more: (files: number) => `+${numbers.format(files)}`,
  moreLabel: (files: number) => `${pictures(files)} more`,
  retry: (name: string) => `${name} did not load. Try again`,
  notLoaded: "Didn’t load",
  tapToRetry: "Try again",
  sending: "Sending",
  refused: (name: string, why: string) => `${name}: ${why}`,
  leaveOut: "Send without it",
  download: (name: string) => `Download ${name}`,
  notPlayed: "This browser can’t play it. You can download it.",
  animated: "GIF",

  sound: {
    voice: (who: string) => `Voice message from ${who}`,
    audio: (name: string) => `Audio ${name}`,
    play: "Play",
    pause: "Pause",
    retry: "Try to play again",
    position: "Position",
    at: (position: string, duration: string) => `${position} of ${duration}`,
    speed: (speed: string) => `Speed ${speed}`,
    speedShown: (speed: string) => `${speed}×`,
  },

  viewer: {
    title: "Pictures",
    previous: "Previous picture",
    next: "Next picture",
    zoomIn: "Zoom in",
    zoomOut: "Zoom out",
    fit: "Fit to the page",
    download: "Download",
    copy: "Copy picture",
    copied: "Picture copied",
    notCopied: "This browser can’t copy pictures.",
    open: "Go to message",
    place: (position: number, total: number) => `${numbers.format(position)} of ${numbers.format(total)}`,
    by: (who: string, when: string) => `${who}, ${when}`,
  },

  list: {
    title: "Files",
    tabs: { image: "Pictures", video: "Videos", audio: "Audio", other: "Files" },
    kinds: "Kind of file",
    empty: {
      image: "No pictures yet",
      video: "No videos yet",
      audio: "No voice messages yet",
      other: "No files yet",
    },
    emptyHint: "Files that people send in this conversation appear here.",
    failed: "The files can’t be loaded now.",
    loading: "Loading more…",
    goTo: "Go to message",
    by: (who: string, when: string) => `${who}, ${when}`,
    all: "All files",
    latest: "Latest files",
  },
};
