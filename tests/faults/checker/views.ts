import type { ConversationDetail, ConversationSummary } from "../../../src/protocol/conversations.ts";
import type { MessagePage } from "../../../src/protocol/messages.ts";
import type { Client } from "../../support/client.ts";
import type { Socket } from "../../support/socket.ts";
import type { Caller } from "./caller.ts";
import type { Node } from "./cluster.ts";
import type { Entry, SettingsView } from "./history.ts";
import { settingsOf } from "./settings.ts";

/** How long a new socket may take to get all settings. On the wall, for a very busy machine. */
const REPLAY_WITHIN_MS = 30_000;
const AGAIN_MS = 200;
const PAGE_MAX = 100;

/** The things that a node shows to one user. */
export class Views {
  constructor(private readonly caller: Caller) {}

  /** A conversation as a node shows it to this person. */
  async conversation(id: string, node: Node): Promise<ConversationDetail | undefined> {
    const answer = await this.caller.client.at(node.url).get(`/api/chat/conversations/${id}/`);
    return answer.status === 200 ? answer.body.data : undefined;
  }

  /** All conversations as a node lists them. */
  async list(node: Node): Promise<ConversationSummary[] | undefined> {
    const asked = this.caller.client.at(node.url).get("/api/chat/conversations/");
    const answer = await this.caller.within(asked);
    return answer?.status === 200 ? answer.body.data : undefined;
  }

  /** A socket that asks for all settings. On a busy machine its greeting may be late, so it tries again until all is late. */
  private async hub(client: Client, isLate: () => boolean): Promise<Socket> {
    for (;;) {
      const socket = await client.hub("?after_me_version=0").catch((error: Error) => error);
      if (!(socket instanceof Error)) return socket;
      if (isLate()) throw socket;
    }
  }

  /** A list at rest. On a very busy machine a statement takes too long now and then, so it asks again until all is late. */
  private async listAtRest(
    node: Node,
    query: string,
    isLate: () => boolean,
  ): Promise<{ data: ConversationSummary[]; meta: Pick<SettingsView, "unread"> }> {
    for (;;) {
      const answer = await this.caller.client.at(node.url).get(`/api/chat/conversations/${query}`);
      if (answer.status === 200) return answer.body;
      if (answer.status !== 503 || isLate())
        throw new Error(`node ${node.index} lists nothing to user ${this.caller.id}: ${answer.text}`);
      await Bun.sleep(AGAIN_MS);
    }
  }

  /** The person's settings and totals as a node tells them. A new socket asks for everything, up to this version. */
  async settings(node: Node, upTo: number, isLate: () => boolean): Promise<SettingsView> {
    const client = this.caller.client.at(node.url);
    const { data, meta } = await this.listAtRest(node, "", isLate);
    const { data: threads } = await this.listAtRest(node, "?kind=thread", isLate);
    const socket = await this.hub(client, isLate);
    const replayed = (): Entry[] =>
      socket
        .all("me")
        .flatMap(({ kind, key, me_version, value }) =>
          kind === "conversation" ? { conversation: key, version: me_version, settings: settingsOf(value) } : [],
        );
    // The check finds a replay that does not get there.
    await socket.until(() => (replayed().at(-1)?.version ?? 0) >= upTo, REPLAY_WITHIN_MS).catch(() => {});
    // Entries that come twice come before this answer. A busy machine may give it late.
    await socket.settled().catch(() => {});
    socket.close();
    return {
      node: node.index,
      person: this.caller.id,
      listed: new Map(data.map(({ id, me }) => [id, settingsOf(me)])),
      mentions: new Map([...data, ...threads].map(({ id, mention_count }) => [id, mention_count])),
      unread: meta.unread,
      replayed: replayed(),
    };
  }

  /** All messages of a conversation as a node shows them, from the newest page on. These pages may come from the window. */
  async messages(id: string, node: Node): Promise<Pick<MessagePage, "messages" | "total">> {
    const client = this.caller.client.at(node.url);
    const all: Pick<MessagePage, "messages" | "total"> = { messages: [], total: 0 };
    for (let offset = 0; ; offset += PAGE_MAX) {
      const query = `limit=${PAGE_MAX}&offset=${offset}&mark_read=false`;
      const answer = await client.get(`/api/chat/conversations/${id}/messages/?${query}`);
      if (answer.status !== 200) throw new Error(`node ${node.index} does not show ${id}: ${answer.text}`);
      const page: MessagePage = answer.body.data;
      all.messages.unshift(...page.messages);
      all.total = page.total;
      if (page.messages.length < PAGE_MAX) return all;
    }
  }
}
