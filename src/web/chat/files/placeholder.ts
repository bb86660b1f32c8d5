import { thumbHashToDataURL } from "thumbhash";

interface Placeholder {
  /** For `background-image`. */
  image: string;
  /** One can look through the picture, so nothing may stand behind it. */
  hasAlpha: boolean;
}

const drawn = new Map<string, Placeholder | undefined>();
const KEPT = 500;

/**
 * The blurred form of a picture, from its ThumbHash in base64. `undefined` if it has none, or when somebody could see it
 * through the picture.
 */
export function placeholderOf(hash: string | undefined, isShown: boolean): string | undefined {
  if (!hash) return undefined;
  if (!drawn.has(hash)) {
    if (drawn.size >= KEPT) drawn.clear();
    drawn.set(hash, draw(hash));
  }
  const found = drawn.get(hash);
  // A browser draws a picture some time after it is loaded. Until then, the blurred form stays behind it.
  return isShown && found?.hasAlpha ? undefined : found?.image;
}

function draw(hash: string): Placeholder | undefined {
  try {
    const bytes = Uint8Array.from(atob(hash), (letter) => letter.charCodeAt(0));
    return { image: `url("${thumbHashToDataURL(bytes)}")`, hasAlpha: (bytes[2] ?? 0) > 127 };
  } catch {
    // A later release may draw them otherwise.
    return undefined;
  }
}
