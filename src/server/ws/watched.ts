import { encode } from "../../protocol/frames.ts";
import { SmallSet } from "../base/small-set.ts";
import { Activity } from "./activity.ts";
import type { ClientSocket } from "./socket.ts";
import { activityTopic } from "./topics.ts";
import type { Watcher } from "./watcher.ts";

/** Sends one frame to all sockets that joined a topic: Bun's native publish. */
export type Publish = (topic: string, frame: string) => void;

/** A version before all others. */
export const NOTHING = -1;

/** A conversation that sockets of this node watch. */
interface Watched {
  readonly watchers: SmallSet<Watcher>;
  /** The newest version and message that were sent to them. */
  sent: number;
  seq: number;
  /** The newest message that mentions everybody and was sent to them as such. */
  scope: number;
  /** Whether its sockets have joined its topic. Most conversations are silent while a socket is open. */
  hasTopic: boolean;
}

/** The conversations that the `/ws/` sockets of this node watch, and the topics by which their activity goes out. */
export class WatchedConversations {
  private readonly byId = new Map<string, Watched>();
  private readonly activity: Activity;

  constructor(private readonly publish: Publish) {
    this.activity = new Activity((conversationId, frame) => this.publishTo(conversationId, frame));
  }

  /** Returns whether nobody here watched it before. */
  add(watcher: Watcher, conversationId: string, version: number): boolean {
    const watched = this.byId.get(conversationId);
    if (!watched) {
      this.byId.set(conversationId, {
        watchers: new SmallSet(watcher),
        sent: version,
        seq: NOTHING,
        scope: NOTHING,
        hasTopic: false,
      });
      return true;
    }
    watched.watchers.add(watcher);
    if (watched.hasTopic) for (const socket of watcher.sockets) join(socket, conversationId);
    return false;
  }

  /** Returns whether nobody here watches it any longer. */
  remove(watcher: Watcher, conversationId: string): boolean {
    const watched = this.byId.get(conversationId);
    if (!watched?.watchers.delete(watcher)) return false;
    if (watched.hasTopic) for (const socket of watcher.sockets) socket.leaveTopic(activityTopic(conversationId));
    if (watched.watchers.size > 0) return false;
    this.byId.delete(conversationId);
    return true;
  }

  /** Switches the activity of a watched conversation on or off for a socket. */
  setActivity(socket: ClientSocket, conversationId: string, on: boolean): void {
    if (!this.byId.get(conversationId)?.hasTopic) return;
    if (on) join(socket, conversationId);
    else socket.leaveTopic(activityTopic(conversationId));
  }

  /**
   * Sends activity of the newest version: at once with a new message. An older version that comes late is not sent, unless only
   * now it is known that its message mentions everybody: heads that were read from the log do not say so.
   * @param last_scope_seq the message of this version, if it mentions everybody
   */
  moved(conversation_id: string, version: number, seq: number, last_scope_seq: number = NOTHING): void {
    const watched = this.byId.get(conversation_id);
    if (!watched) return;
    const { sent, seq: seqBefore, scope } = watched;
    if (version <= sent && last_scope_seq <= scope) return;
    const [last_version, last_seq] = version > sent ? [version, seq] : [sent, Math.max(seq, seqBefore)];
    watched.sent = last_version;
    watched.seq = last_seq;
    watched.scope = Math.max(scope, last_scope_seq);
    const activity = { type: "activity", conversation_id, last_seq, last_version } as const;
    if (last_scope_seq > scope) this.activity.send(conversation_id, encode({ ...activity, last_scope_seq }));
    else if (last_seq === seqBefore) this.activity.sendPaced(conversation_id, encode(activity));
    else this.activity.send(conversation_id, encode(activity));
  }

  /** Retention has removed messages up to `pruned_seq`. */
  pruned(conversation_id: string, pruned_seq: number): void {
    if (this.byId.has(conversation_id))
      this.publishTo(conversation_id, encode({ type: "pruned", conversation_id, pruned_seq }));
  }

  /** The database may have gone back in time: no version counts as sent. */
  restart(): void {
    this.activity.clear();
    for (const watched of this.byId.values()) watched.sent = watched.scope = NOTHING;
  }

  private publishTo(conversationId: string, frame: string) {
    const watched = this.byId.get(conversationId);
    if (watched && !watched.hasTopic) {
      watched.hasTopic = true;
      for (const { sockets } of watched.watchers) for (const socket of sockets) join(socket, conversationId);
    }
    this.publish(activityTopic(conversationId), frame);
  }
}

/** A subscribed socket gets more than the activity. */
function join(socket: ClientSocket, conversationId: string) {
  if (!socket.subscriptions.has(conversationId)) socket.joinTopic(activityTopic(conversationId));
}
