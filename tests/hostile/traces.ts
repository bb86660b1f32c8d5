import type { Client } from "../support/client.ts";
import { png, uploadFile } from "../support/sent-files.ts";

/** Stand in the text of the scene's message, in the names and descriptions of its files, and in the name of its group. */
export const MARKS = { text: "zyxtext", file: "zyxfile", group: "zyxgroup" } as const;
export const CONVERSATIONS = "/api/chat/conversations/";

/** A group with one message that has everything, and with everything that points to it. */
export interface Scene {
  conversationId: string;
  threadId: string;
  messageId: string;
  seq: number;
  fileIds: string[];
  /** The group's picture. */
  pictureId: string;
  /** `next_cursor` of a search within the hits, when the message was there. */
  cursor: string;
  /** Signed addresses of the files, by their reader. */
  signed: Map<Client, string[]>;
}

/** A request of somebody: its path, and the rest. */
export type Ask = readonly [path: string, init?: RequestInit];

const dataOf = (answer: Awaited<ReturnType<Client["get"]>>) => {
  if (answer.status >= 300) throw new Error(`the scene: ${answer.status} ${answer.text}`);
  return answer.body.data;
};

/** Makes the scene: `ann` writes, and `others` are members and signed the addresses of the files. */
export async function makeScene(ann: Client, others: Client[]): Promise<Scene> {
  const [bob = ann] = others;
  const { id: conversationId } = await ann.conversation(others, `Group ${MARKS.group}`);
  const path = `${CONVERSATIONS}${conversationId}/`;
  const pictured = dataOf(await ann.put(`${path}picture/`, png("a.png", 80, 80).bytes));
  const fileIds = [
    await uploadFile(ann, png(`${MARKS.file}.png`, 1300, 20, 40, { alt: `alt ${MARKS.file}` })),
    await uploadFile(ann, { name: `${MARKS.file}.txt`, bytes: new TextEncoder().encode(`${MARKS.file} inside`) }),
  ];
  const content = `the ${MARKS.text} text for <@${bob.id}>, see https://${MARKS.text}.example/ there`;
  const message = dataOf(await ann.post(`${path}messages/`, { content, files: fileIds }));
  const { id: messageId, seq } = message;
  const at = `${path}messages/${messageId}/`;
  const threadId = dataOf(await bob.post(`${at}thread/`)).id;
  dataOf(await bob.post(`${CONVERSATIONS}${threadId}/messages/`, { content: "a reply in the thread" }));
  dataOf(await bob.post(`${path}messages/`, { content: "a quote", reply_to: messageId }));
  dataOf(await ann.put(`${at}pin/`));
  dataOf(await bob.put(`${at}reactions/${encodeURIComponent("👍")}/`));
  for (const who of others) {
    dataOf(await who.put(`/api/chat/saved/${messageId}/`, {}));
    dataOf(await who.put(`${path}me/draft/`, { content: "an answer", based_on: 0, reply_to: messageId }));
  }
  const words = encodeURIComponent("text");
  dataOf(await ann.post(`${path}messages/`, { content: "a newer text" }));
  const page = dataOf(await bob.get(`/api/chat/search/?q=${words}&conversation_id=${conversationId}&limit=1`));
  const signed = new Map<Client, string[]>();
  for (const who of [ann, ...others]) {
    const addresses = fileIds.map(
      async (id): Promise<string> => dataOf(await who.post(`/api/files/${id}/address/`)).url,
    );
    signed.set(who, await Promise.all(addresses));
  }
  return {
    conversationId,
    threadId,
    messageId,
    seq,
    fileIds,
    pictureId: pictured.picture,
    cursor: page.next_cursor ?? "",
    signed,
  };
}

/** The ways to find a message or its traces without knowing its files. */
export function traceWays(
  { conversationId, threadId, messageId, seq, cursor }: Scene,
  ann: Client,
): Record<string, Ask> {
  const find = (query: Record<string, string>): Ask => [`/api/chat/search/?${new URLSearchParams(query)}`];
  const here = { conversation_id: conversationId };
  const of = (rest: string, id = conversationId): Ask => [`${CONVERSATIONS}${id}/${rest}`];
  const at = (rest: string): Ask => of(`messages/${messageId}/${rest}`);
  return {
    "search: the word": find({ q: MARKS.text }),
    "search: the word, oldest first": find({ q: MARKS.text, sort: "oldest" }),
    "search: the beginning of the word": find({ q: MARKS.text.slice(0, 4) }),
    "search: a phrase": find({ q: `"the ${MARKS.text} text"` }),
    "search: the name of the picture": find({ q: `${MARKS.file}.png ` }),
    "search: the name of the text": find({ q: `"${MARKS.file}.txt"` }),
    "search: the description of the picture": find({ q: `"alt ${MARKS.file}"` }),
    "search: in the group by its name": find({ q: `text in:"Group ${MARKS.group}"` }),
    "search: in the group by its id": find({ q: `text in:${conversationId}` }),
    "search: in the group": find({ q: "text", ...here }),
    "search: in the thread": find({ q: "reply", conversation_id: threadId }),
    "search: from the sender by id": find({ q: "", from: String(ann.id) }),
    "search: from the sender by e-mail": find({ q: `from:${ann.user?.email} ` }),
    "search: from the sender by name": find({ q: `text from:"${ann.user?.full_name}"` }),
    "search: links": find({ q: "has:link" }),
    "search: pictures": find({ q: "", has: "image" }),
    "search: files": find({ q: "has:file text" }),
    "search: everything of today": find({ q: "after:2020", limit: "50" }),
    "search: all but another word": find({ q: "text -elsewhere" }),
    "search: the cursor of before": find({ q: "text", ...here, cursor }),
    "search: a made cursor": find({ q: MARKS.text, cursor: `253402300800000_${conversationId}_${seq + 1}` }),
    "search: a made cursor, oldest first": find({ q: MARKS.text, cursor: `0_${conversationId}_0`, sort: "oldest" }),
    "the newest page": of("messages/?mark_read=false"),
    "the page around it": of(`messages/?around_seq=${seq}&mark_read=false`),
    "the page before": of(`messages/?before_seq=${seq + 1}&mark_read=false`),
    "the page after": of(`messages/?after_seq=${seq - 1}&mark_read=false`),
    "the page of the thread": of("messages/?mark_read=false", threadId),
    "the changes": of("changes/?after_version=0"),
    "the changes of the thread": of("changes/?after_version=0", threadId),
    "the files": of("files/"),
    "the pictures": of("files/?type=image"),
    "the other files, oldest first": of("files/?type=other,image&after=0"),
    "the files of the thread": of("files/", threadId),
    "the pins": of("pins/"),
    "the reactions": at(`reactions/?emoji=${encodeURIComponent("👍")}`),
    "why it notified": at("why/"),
    "its thread": [at("thread/")[0], { method: "POST" }],
    "the saved messages": ["/api/chat/saved/"],
    "the own stream: saved": ["/api/chat/me/saved/"],
    "the own stream: drafts": ["/api/chat/me/draft/"],
    "the own stream: conversations": ["/api/chat/me/conversation/"],
    "the mentions": ["/api/chat/mentions/"],
    "the mentions of the group": [`/api/chat/mentions/?conversation_id=${conversationId}`],
    "the conversation": of(""),
    "the thread": of("", threadId),
    "the members": of("participants/"),
    "the list of conversations": [CONVERSATIONS],
    "the archived conversations": [`${CONVERSATIONS}?archived=true`],
    "the messages for later": of("scheduled/"),
  };
}

/** The ways to a file, without its bytes or with them. */
export function fileWays({ fileIds, pictureId, conversationId, signed }: Scene, who: Client): Record<string, Ask> {
  const ways: Record<string, Ask> = {};
  for (const [n, id] of fileIds.entries()) {
    const at = `/api/files/${id}/`;
    ways[`file ${n}`] = [at];
    ways[`file ${n}: the bytes`] = [`${at}x.png`];
    for (const size of [320, 1280]) {
      ways[`file ${n}: ${size} pixels`] = [`${at}x.png?size=${size}`];
      ways[`file ${n}: the head of ${size} pixels`] = [`${at}x.png?size=${size}`, { method: "HEAD" }];
      ways[`file ${n}: a range of ${size} pixels`] = [`${at}x.png?size=${size}`, { headers: { Range: "bytes=0-9" } }];
      ways[`file ${n}: ${size} pixels, if changed`] = [`${at}x?size=${size}`, { headers: { "If-None-Match": "*" } }];
    }
    ways[`file ${n}: the head`] = [`${at}x.png`, { method: "HEAD" }];
    ways[`file ${n}: a range`] = [`${at}x.png`, { headers: { Range: "bytes=-1" } }];
    ways[`file ${n}: if changed`] = [`${at}x.png`, { headers: { "If-None-Match": "*" } }];
    ways[`file ${n}: an address`] = [`${at}address/`, { method: "POST" }];
  }
  for (const [n, address] of (signed.get(who) ?? []).entries()) {
    const { pathname, search } = new URL(address);
    ways[`file ${n}: the old address`] = [pathname + search];
    ways[`file ${n}: the old address, small`] = [`${pathname}${search}&size=320`];
    ways[`file ${n}: the old address, large`] = [`${pathname}${search}&size=1280`, { method: "HEAD" }];
  }
  const picture = `${CONVERSATIONS}${conversationId}/picture/${pictureId}/`;
  for (const size of [64, 256]) {
    ways[`the group's picture: ${size} pixels`] = [`${picture}?size=${size}`];
    ways[`the group's picture as a person's: ${size} pixels`] = [`/api/avatars/${pictureId}/?size=${size}`];
  }
  return ways;
}

/** Sends a request of somebody. */
export function ask(who: Client, [path, init = {}]: Ask): Promise<Response> {
  const cookie: Record<string, string> = who.cookie === undefined ? {} : { Cookie: `sessionid=${who.cookie}` };
  return fetch(who.url + path, {
    redirect: "manual",
    signal: AbortSignal.timeout(5_000),
    ...init,
    headers: { ...cookie, ...init.headers },
  });
}

/** The texts of all frames that a socket gets when it asks for everything from the beginning. */
export async function framesOf(who: Client, { conversationId, threadId }: Scene): Promise<string> {
  const hub = await who.hub("?after_me_version=0&accepts=threads");
  for (const id of [conversationId, threadId]) {
    hub.send({ type: "subscribe", conversation_id: id, after_version: 0 });
    hub.send({ type: "subscribe", conversation_id: id });
    hub.send({ type: "history", conversation_id: id });
  }
  await hub.settled();
  hub.close();
  return hub.texts.join("\n");
}
