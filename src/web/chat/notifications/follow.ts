import type { ConfabClient, Conversation } from "../../../sdk/index.ts";

const load = () => import("./notifications.ts");

/** Follows the messages for notifications. Their code loads with the first event, after the page is shown. */
export function followNotifications(client: ConfabClient) {
  client.on("message", async (message, conversation) => (await load()).showMessage(client, message, conversation));
  client.on("conversations", async () => (await load()).followShown(client));
  client.on("removed", ({ id }) => closeNotifications(id));
}

/** Notifies people that they were added to a group. */
export const notifyOfGroup = async (client: ConfabClient, conversation: Conversation) =>
  (await load()).showGroup(client, conversation);

/** Closes the notifications of one conversation, or all of them after a sign-out. */
export const closeNotifications = async (conversationId?: string) => (await load()).close(conversationId);
