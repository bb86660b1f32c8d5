/** The addresses of the files that this page has sent, by their ids. So your own pictures show at once, and offline. */
const urls = new Map<string, string>();
/** Each holds a file of the device, or a recording in memory. */
const KEPT = 60;

/** Keeps the bytes of a file that is on its way, so that its message can show them. */
export function keepLocal(id: string, bytes: Blob) {
  forgetLocal(id);
  urls.set(id, URL.createObjectURL(bytes));
  const [oldest] = urls.keys();
  if (urls.size > KEPT && oldest !== undefined) forgetLocal(oldest);
}

/** Gives kept bytes another id too: the server has its own for the file. */
export function alsoLocal(newId: string, id: string) {
  const url = urls.get(id);
  if (url !== undefined) urls.set(newId, url);
}

/** The address of the kept bytes, if there are any. */
export const localUrl = (id: string) => urls.get(id);

/** From now on, the file comes from the server. */
export function forgetLocal(id: string) {
  const url = urls.get(id);
  urls.delete(id);
  if (url !== undefined && ![...urls.values()].includes(url)) URL.revokeObjectURL(url);
}
