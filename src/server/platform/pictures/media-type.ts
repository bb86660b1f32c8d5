import { fileTypeFromBuffer } from "file-type";

/** How many of the first bytes of a file tell its type. */
export const HEAD_BYTES = 4_100;

/** The type of a file that no other type fits. Browsers download it. */
export const PLAIN_FILE = "application/octet-stream";

/** Other names of the same types. Everybody who compares types has one name for each. */
const USUAL: Record<string, string> = {
  "image/apng": "image/png",
  "audio/x-m4a": "audio/mp4",
  "audio/x-flac": "audio/flac",
  "audio/vnd.wave": "audio/wav",
  "audio/wave": "audio/wav",
  "video/x-m4v": "video/mp4",
  "video/matroska": "video/x-matroska",
};

/** Bytes that stand in no text: the control characters but tabs, line ends, form feeds and escapes. */
const isControl = (byte: number) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127;

/**
 * The media type by the first bytes of a file. Its name says nothing: people rename files, and attackers too. HTML, SVG
 * and XML never get a type that a browser runs.
 *
 * @param head the first `HEAD_BYTES` bytes, or all of a shorter file
 * @param claimed the type that the client gave. It only tells audio from video where both use the same container.
 */
export async function mediaTypeOf(head: Uint8Array, claimed = ""): Promise<string> {
  // The library reads nothing but these bytes, so no file keeps it busy.
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  const [named = ""] = found?.mime.split(";") ?? [];
  const type = USUAL[named] ?? named;
  if (type === "") return isText(head) ? "text/plain" : PLAIN_FILE;
  if (type === "application/xml" || type === "image/svg+xml" || type === "text/html") return "text/plain";
  if (type.startsWith("video/") && hasOnlyAudio(head, type, claimed)) return type.replace("video/", "audio/");
  return type;
}

/** Browsers record voices in containers of videos, without a picture. */
function hasOnlyAudio(head: Uint8Array, type: string, claimed: string): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  if (type === "video/webm") return text.includes("A_") && !text.includes("V_");
  if (type !== "video/mp4" && type !== "video/ogg") return false;
  if (text.includes("vide")) return false;
  return text.includes("soun") || claimed.startsWith("audio/");
}

function isText(head: Uint8Array): boolean {
  if (head.length === 0 || head.some(isControl)) return false;
  try {
    // A letter of several bytes may be cut at the end, so the text goes on.
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
