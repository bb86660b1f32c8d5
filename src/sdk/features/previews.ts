import { liveOf } from "../actions/queue.ts";
import type { ConfabClient } from "../public/client.ts";
import type { Conversation } from "../public/conversation.ts";
import type { PreviewSettings } from "../public/previews.ts";
import type { Message } from "../public/types.ts";

/**
 * Removes the previews of a message for good. Its sender may do so, and a superuser among the members. Rejects while there
 * is no connection.
 */
export async function removePreviews(conversation: Conversation, message: Pick<Message, "id">): Promise<void> {
  const { host, id } = liveOf(conversation);
  await host.http.call("DELETE", `chat/conversations/${id}/messages/${message.id}/previews/`);
}

const SETTINGS = "users/previews/";

/** Reads whether the user sees link previews. The event `previews` of the client says when a device has changed it. */
export async function previewSettings(client: ConfabClient): Promise<PreviewSettings> {
  return settingsIn(await client.call("GET", SETTINGS));
}

/** Shows the user link previews, or hides them, on all devices. Rejects while there is no connection. */
export async function showPreviews(client: ConfabClient, shown: boolean): Promise<PreviewSettings> {
  return settingsIn(await client.call("PATCH", SETTINGS, { shown }));
}

const settingsIn = ({ data }: { data?: unknown }) => ({ shown: (data as PreviewSettings).shown });
