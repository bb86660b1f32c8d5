import { FILE_NAME_BYTES_MAX } from "../../../protocol/files.ts";

/** Used where nothing is left of a name. */
const UNNAMED = "file";

/** Names of devices on Windows, with any ending. */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;
/**
 * Characters that a name must not have: those that cannot be seen or that turn the direction of what follows, so that
 * `exe.jpg` can be `gpj.exe`, halves of surrogate pairs, and those that no file on Windows has.
 */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\u2028\u2029\ufffc\ufffd"*:<>?|]/gu;
const KEPT_JOINERS = /(?<=\p{Extended_Pictographic}\ufe0f?)\u200d(?=\p{Extended_Pictographic})/gu;
/** Stands for a joiner of emoji while the others go. Noncharacters are never in the text by then. */
const PLACE = "\u0000";

/**
 * The name under which others may store a file: without folders, hidden characters, leading dots and names of devices, and
 * 255 bytes at most, with its ending. It may be the name of anything, but it names no other place.
 */
export function cleanName(given: string): string {
  const last =
    given
      .toWellFormed()
      .normalize("NFC")
      .split(/[/\\]/)
      .findLast((part) => part.trim() !== "") ?? "";
  const visible = last
    .replaceAll(PLACE, "")
    .replace(KEPT_JOINERS, PLACE)
    .split(PLACE)
    .map((part) => part.replace(FORBIDDEN, ""))
    .join("\u200d");
  const trimmed = visible.replace(/\s+/gu, " ").replace(/^[\s.]+|[\s.]+$/gu, "");
  const safe = trimmed.replace(DEVICE, "_$1");
  return shortened(safe) || UNNAMED;
}

/** Cuts a name in the middle of its stem, so that its ending stays. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= FILE_NAME_BYTES_MAX) return name;
  const [ending = ""] = /\.[\p{L}\p{N}]{1,16}$/u.exec(name) ?? [];
  const room = FILE_NAME_BYTES_MAX - Buffer.byteLength(ending);
  let stem = "";
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter().segment(name.slice(0, name.length - ending.length))) {
    bytes += Buffer.byteLength(segment);
    if (bytes > room) break;
    stem += segment;
  }
  return stem.trimEnd() + ending;
}
