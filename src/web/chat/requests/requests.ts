import { signal } from "@preact/signals";
import type { ConfabClient, ConversationRequest } from "../../../sdk/index.ts";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";

const PAGE = 50;

/** The loaded requests that wait for an answer, newest first. */
export const requests = signal<readonly ConversationRequest[]>([]);

/** The number of all requests. */
export const requestCount = signal(0);

/** Follows the requests of the signed-in person. */
export function followRequests(client: ConfabClient) {
  client.on("state", (state) => {
    // The server does not send requests again that came while the page was offline.
    if (state === "online") void load(client, 0);
  });
  client.on("me", (me) => {
    if (me) return;
    requests.value = [];
    requestCount.value = 0;
  });
  client.on("request", addRequest);
  client.on("request_ended", removeRequest);
}

function addRequest(request: ConversationRequest) {
  if (requests.value.some(({ id }) => id === request.id)) return;
  requests.value = [request, ...requests.value];
  requestCount.value++;
  announce(texts.requests.arrived(request.from.full_name));
}

function removeRequest(id: string) {
  const others = requests.value.filter((request) => request.id !== id);
  if (others.length === requests.value.length) return;
  requests.value = others;
  requestCount.value--;
}

/**
 * Loads a page of requests. After a failure it loads with the next connection; servers of earlier releases have no
 * requests.
 */
async function load(client: ConfabClient, offset: number) {
  const asker = client.me?.id;
  const page = await client.requests({ limit: PAGE, offset }).catch(() => undefined);
  if (!page || asker !== client.me?.id) return;
  const before = requests.value.slice(0, offset);
  const known = new Set(before.map(({ id }) => id));
  requests.value = [...before, ...page.items.filter(({ id }) => !known.has(id))];
  requestCount.value = page.total;
}

export const loadMoreRequests = (client: ConfabClient) => load(client, requests.value.length);

/** Resolves with the id of the conversation. */
export async function acceptRequest(client: ConfabClient, { id }: ConversationRequest): Promise<string> {
  const conversation = await client.acceptRequest(id);
  conversation.close();
  removeRequest(id);
  return conversation.id;
}

export async function declineRequest(client: ConfabClient, { id }: ConversationRequest): Promise<void> {
  await client.declineRequest(id);
  removeRequest(id);
}
