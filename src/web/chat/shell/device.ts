import { followVisibleHeight } from "./visible-height.ts";
import { registerWorker } from "./worker.ts";

/** Fits the page to its device: to the keyboard on its screen, and to times without a server. */
export async function followDevice() {
  followVisibleHeight();
  // The worker loads all of the page once more. Without one, the page only works less well offline.
  await registerWorker();
}
