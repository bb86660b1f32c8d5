import type { Follower } from "../../followers/follower.ts";
import type { Change } from "../../log/changes.ts";
import { mayHaveAddress } from "./addresses.ts";
import type { PreviewsStore } from "./store.ts";

const LOOK_EVERY_MS = 1_000;
/** Older messages get no previews: those of an import, or of a time without previews. */
const NEW_MS = 60 * 60_000;

/**
 * Finds messages with addresses, and adds a job for each. Pages are fetched by the jobs, so that a slow page does not
 * keep the follower from the messages after it.
 */
export const previewsFollower = (
  store: Pick<PreviewsStore, "want">,
  wake: () => void,
  everyMs = LOOK_EVERY_MS,
): Follower => ({
  name: "previews",
  start: "heads",
  everyMs,
  async handle(range) {
    const wanted = new Set((await range.changes()).flatMap((change) => messageToLookAt(change) ?? []));
    if (wanted.size === 0) return;
    await store.want([...wanted]);
    wake();
  },
});

function messageToLookAt(change: Change): string | undefined {
  const isNew = change.kind === "message";
  // A mark, as that of the previews themselves, leaves the text as it is.
  if (!isNew && !(change.kind === "message_edited" && change.change === undefined)) return undefined;
  const { id, content, created_at, previews } = change.message;
  if (isNew && Date.parse(created_at) < Date.now() - NEW_MS) return undefined;
  return mayHaveAddress(content) || previews !== undefined ? id : undefined;
}
