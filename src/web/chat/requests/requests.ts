import { signal } from "@preact/signals";
import type { OtherFrame, User } from "../../../client/index.ts";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { client } from "../session/session.ts";

/** Somebody wants to write to you, or to add you to a group, and has to ask. */
export interface Request {
  id: string;
  from: User;
  /** The group; `null`: a 1-on-1. */
  conversation: { id: string; display_name: string } | null;
  created_at: string;
}

const PAGE = 50;

/** Those that wait for an answer, the newest first, as far as they are loaded. */
export const requests = signal<readonly Request[]>([]);

/** How many there are. */
export const requestCount = signal(0);

/** Follows the requests of whoever is signed in. */
export function hearRequests() {
  client.on("state", (state) => {
    // What came without a connection was not told.
    if (state === "online") void load(0);
  });
  client.on("me", (me) => {
    if (me) return;
    requests.value = [];
    requestCount.value = 0;
  });
  client.on("other", take);
}

function take(frame: OtherFrame) {
  if (frame.type === "request") {
    const request = frame["request"] as Request;
    if (requests.value.some(({ id }) => id === request.id)) return;
    requests.value = [request, ...requests.value];
    requestCount.value++;
    announce(texts.requests.arrived(request.from.full_name));
  } else if (frame.type === "request_ended" && typeof frame["request_id"] === "string") remove(frame["request_id"]);
}

function remove(id: string) {
  const others = requests.value.filter((request) => request.id !== id);
  if (others.length === requests.value.length) return;
  requests.value = others;
  requestCount.value--;
}

/** What fails is asked again with the next connection; servers of earlier releases have none. */
async function load(offset: number) {
  const asker = client.me?.id;
  const answer = await client.call("GET", `chat/requests/?limit=${PAGE}&offset=${offset}`).catch(() => undefined);
  if (!answer || asker !== client.me?.id) return;
  const before = requests.value.slice(0, offset);
  const known = new Set(before.map(({ id }) => id));
  requests.value = [...before, ...(answer.data as Request[]).filter(({ id }) => !known.has(id))];
  requestCount.value = (answer.meta as { total: number }).total;
}

export const loadMoreRequests = () => load(requests.value.length);

/** Resolves with the id of the conversation one is in now. */
export async function acceptRequest({ id }: Request): Promise<string> {
  const { data } = await client.call("POST", `chat/requests/${id}/accept/`);
  remove(id);
  return (data as { id: string }).id;
}

export async function declineRequest({ id }: Request): Promise<void> {
  await client.call("DELETE", `chat/requests/${id}/`);
  remove(id);
}
