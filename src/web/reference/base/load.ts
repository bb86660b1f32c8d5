import { signal } from "@preact/signals";
import { type Reference, readReference } from "./reference.ts";

const PATIENCE_MS = 30_000;

/** The reference, once it is loaded. */
export const reference = signal<Reference | undefined>(undefined);
/** The last attempt to load it has failed. */
export const hasFailed = signal(false);
export const isLoading = signal(false);

/** Loads both documents. After a failure it may be called again. */
export async function loadReference(): Promise<void> {
  if (isLoading.peek()) return;
  isLoading.value = true;
  try {
    const [http, frames] = await Promise.all([read("/api/openapi.json"), read("/api/asyncapi.json")]);
    reference.value = readReference(http, frames);
    hasFailed.value = false;
  } catch {
    // The server is down, or a proxy has answered with another document.
    hasFailed.value = true;
  } finally {
    isLoading.value = false;
  }
}

async function read(path: string) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}
