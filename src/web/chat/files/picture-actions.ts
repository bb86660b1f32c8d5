import type { MessageFile } from "../../../sdk/public/files.ts";
import { addressOf, screenAddressOf } from "./address.ts";

/** Browsers write pictures to the clipboard as PNG only. */
const PNG = "image/png";

/** Whether this browser can copy pictures. */
export const canCopy = () => typeof ClipboardItem === "function" && navigator.clipboard !== undefined;

/** Puts a picture into the clipboard. Rejects when the browser does not allow it. */
export async function copyPicture(file: MessageFile) {
  // Safari wants the promise, within the press that asked for it.
  await navigator.clipboard.write([new ClipboardItem({ [PNG]: asPng(screenAddressOf(file)) })]);
}

async function asPng(address: string): Promise<Blob> {
  const bytes = await (await fetch(address)).blob();
  if (bytes.type === PNG) return bytes;
  const picture = await createImageBitmap(bytes);
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d")?.drawImage(picture, 0, 0);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture can’t be read"))), PNG),
  );
}

/** Downloads files one after the other. A browser may ask once whether it may save several. */
export function download(files: readonly MessageFile[]) {
  for (const file of files) {
    const link = document.createElement("a");
    link.href = addressOf(file);
    link.download = file.name;
    link.click();
  }
}
