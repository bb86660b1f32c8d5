import { CONTENT_MAX, codePoints, unstorable } from "../../../protocol/content.ts";
import { draftsOf, removeDraft, setDraft } from "../../../sdk/features/drafts.ts";
import type { ConfabClient, DraftEntry, OwnEntries } from "../../../sdk/index.ts";
import { answer } from "../messages/composing/answered.ts";
import { draftOf, openDrafts, setDeviceDrafts, storeDraft } from "../messages/drafts.ts";
import { preview } from "../messages/preview.ts";
import { sendOptions } from "../messages/send-options.ts";
import { type Base, baseOf, setBase, storedDrafts } from "./draft-base.ts";

/** The pause in typing after which a draft goes to the other devices, in ms. */
const SEND_AFTER_MS = 1_500;

const isBlank = (text: string) => text.trim() === "";

/**
 * Drafts on all devices of a person. The stored draft of this browser knows on which text and version of the server it is
 * based:
 * - Here nothing was typed since: the device follows the server.
 * - Nothing new is there: what was typed here goes to the server.
 * - Both have changed: the longer text wins, and a longer one of another device is offered before it is replaced.
 */
class DeviceDrafts {
  private readonly entries: OwnEntries<DraftEntry>;
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly sending = new Set<string>();

  constructor(private readonly client: ConfabClient) {
    this.entries = draftsOf(client);
    this.entries.on((key) => {
      if (!this.entries.isLoaded) return;
      if (key !== undefined) this.meet(key);
      else this.meetAll();
    });
    if (this.entries.isLoaded) this.meetAll();
    // A draft of a time without a connection goes out now.
    client.on("state", () => {
      if (client.state === "online") for (const id of openDrafts.keys()) this.typed(id);
    });
    addEventListener("pagehide", () => {
      for (const id of [...this.timers.keys()]) void this.send(id);
    });
  }

  private get userId() {
    return this.client.me?.id;
  }

  private textOf(id: string): string {
    return openDrafts.get(id)?.text ?? draftOf(this.userId, id);
  }

  /** The person has typed: sends the text when they pause. An empty one was sent or deleted, and goes at once. */
  typed(id: string): void {
    const there = this.there(id);
    // The person has taken over the text of the other device.
    if (there && there.text === this.textOf(id)) this.setBase(id, there);
    clearTimeout(this.timers.get(id));
    const delay = isBlank(this.textOf(id)) ? 0 : SEND_AFTER_MS;
    this.timers.set(
      id,
      setTimeout(() => void this.send(id), delay),
    );
  }

  /** The longer text of another device, if it has changed as well as the one here. */
  offerFor(id: string): string | undefined {
    const there = this.there(id);
    const text = this.textOf(id);
    if (!there || there.text === text || there.version <= (baseOf(this.userId, id)?.version ?? 0)) return undefined;
    return there.text.length > text.length ? there.text : undefined;
  }

  /** The text here is to replace the one of the other device. */
  keep(id: string): void {
    const there = this.there(id);
    if (there) this.setBase(id, there);
    this.typed(id);
  }

  private there(id: string): Base | undefined {
    const version = this.entries.versionOf(id);
    return version === 0 ? undefined : { text: this.entries.all.get(id)?.content ?? "", version };
  }

  private setBase(id: string, base: Base) {
    setBase(this.userId, id, base);
  }

  private meetAll() {
    for (const id of this.entries.all.keys()) this.meet(id);
    for (const id of openDrafts.keys()) this.meet(id);
    // Some were written without a connection, and the page was closed.
    for (const id of storedDrafts(this.userId)) this.typed(id);
  }

  /** The server has another state than before. */
  private meet(id: string) {
    const there = this.there(id);
    const base = baseOf(this.userId, id) ?? { text: "", version: 0 };
    if (!there || there.version <= base.version) return;
    const text = this.textOf(id);
    const isUntouched = text === base.text || (isBlank(text) && isBlank(base.text));
    if (text === there.text || isUntouched) {
      this.setBase(id, there);
      if (text !== there.text) this.follow(id, there.text);
    } else if (this.offerFor(id) === undefined) {
      // The text here is the longer one, or the other was sent or deleted.
      this.setBase(id, there);
      this.typed(id);
    }
    openDrafts.get(id)?.onChange();
  }

  /** Shows the text of the other device, with the message that it answers. */
  private follow(id: string, text: string) {
    storeDraft(this.userId, id, text);
    const replyTo = this.entries.all.get(id)?.reply_to;
    if (replyTo === undefined && !openDrafts.has(id)) return;
    const conversation = this.client.open(id);
    const answered = conversation.messages.find(
      ({ id: messageId }) => messageId !== undefined && messageId === replyTo,
    );
    // A message that is not loaded can't be shown, and nobody must answer one without seeing it.
    if (answered?.state !== "sent") answer(conversation, undefined);
    else {
      const { seq, sender_id, sender_name, content } = answered;
      answer(conversation, { id: answered.id, seq, sender_id, sender_name, excerpt: preview(content, answered) });
    }
    conversation.close();
  }

  /**
   * Whether the text in this tab is the one that this browser stores. If not, another tab has a longer one, and that goes to the
   * other devices: a server that had the shorter one would replace the longer one, and a send would remove both.
   */
  private isStored(id: string, text: string): boolean {
    const stored = draftOf(this.userId, id);
    return stored === text || (isBlank(text) && isBlank(stored));
  }

  private async send(id: string): Promise<void> {
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    const { userId } = this;
    const text = this.textOf(id);
    if (!this.isStored(id, text)) return;
    const base = baseOf(userId, id) ?? { text: "", version: 0 };
    const isNothing = isBlank(text);
    // The server takes no longer text, and none that it can't store. It stays in this browser.
    if (userId === undefined || (!isNothing && (codePoints(text) > CONTENT_MAX || unstorable(text)))) return;
    if (text === base.text || (isNothing && isBlank(base.text)) || this.offerFor(id) !== undefined) return;
    if (this.sending.has(id)) return this.typed(id);
    this.sending.add(id);
    const conversation = this.client.open(id);
    try {
      if (isNothing) {
        await removeDraft(conversation, base.version).done;
        this.setBase(id, { text: "", version: Math.max(base.version, this.entries.versionOf(id)) });
      } else {
        const replyTo = sendOptions(conversation).peek()["reply_to"];
        const pending = setDraft(conversation, text, base.version, typeof replyTo === "string" ? replyTo : undefined);
        const { me_version } = Object(await pending.done) as { me_version?: number };
        if (me_version !== undefined) this.setBase(id, { text, version: me_version });
      }
    } catch {
      // Another device was first, and its frame comes. Anything else waits for the next key.
    } finally {
      this.sending.delete(id);
      conversation.close();
    }
  }
}

/** Follows the drafts of your other devices, and sends them those of this one. */
export function followDeviceDrafts(client: ConfabClient): void {
  const drafts = new DeviceDrafts(client);
  setDeviceDrafts({
    typed: (id) => drafts.typed(id),
    offerFor: (id) => drafts.offerFor(id),
    keep: (id) => drafts.keep(id),
  });
}
