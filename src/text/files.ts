/** The parts of a message's file that name it. */
export interface NamedFile {
  name: string;
  type: string;
  width?: number | undefined;
  duration?: number | undefined;
  waveform?: string | undefined;
}

/** How people see a file. `confab_take_files` decides it in the same way. A picture that no browser may show is `other`. */
export type FileKind = "image" | "video" | "audio" | "voice" | "other";

export function kindOf({ type, width, waveform }: Pick<NamedFile, "type" | "width" | "waveform">): FileKind {
  if (waveform !== undefined) return "voice";
  if (type.startsWith("image/")) return width === undefined ? "other" : "image";
  if (type.startsWith("video/")) return "video";
  return type.startsWith("audio/") ? "audio" : "other";
}

/** The words for files in place of a text. */
export interface FileWords {
  image(count: number): string;
  video(count: number): string;
  /** @param duration as minutes and seconds, such as `0:12`; of one voice message whose length is known */
  voice(count: number, duration: string | undefined): string;
  /** Two or more files. */
  files(count: number): string;
}

const ENGLISH: FileWords = {
  image: (count) => (count === 1 ? "Photo" : `${count} photos`),
  video: (count) => (count === 1 ? "Video" : `${count} videos`),
  voice: (count, duration) =>
    count > 1 ? `${count} voice messages` : `Voice message${duration === undefined ? "" : ` (${duration})`}`,
  files: (count) => `${count} files`,
};

/** Stands for the text of a message that has files alone: "3 photos", or the name of its one file. */
export function labelOfFiles(files: readonly NamedFile[], words: FileWords = ENGLISH): string {
  const [first, ...others] = files;
  if (!first) return "";
  const kind = kindOf(first);
  const isMixed = others.some((file) => kindOf(file) !== kind);
  if (isMixed || kind === "audio" || kind === "other")
    return others.length > 0 ? words.files(files.length) : first.name;
  if (kind !== "voice") return words[kind](files.length);
  return words.voice(files.length, first.duration === undefined ? undefined : minutes(first.duration));
}

/** A length in minutes and seconds, such as `0:12`. */
function minutes(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
