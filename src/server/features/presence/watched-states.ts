import { encode } from "../../../protocol/frames.ts";
import type { PresenceEvent } from "../../bus/bus.ts";
import type { Presence } from "./service.ts";
import type { Watch, Watched, WatchingSocket, WatchList } from "./watch-list.ts";

const PEOPLE_AT_ONCE = 1_000;

/** The states of the people who are watched from this node, and the frames that show them. */
export class WatchedStates {
  /** By slow socket, the people whose state the socket still has to get. */
  private readonly deferred = new Map<WatchingSocket, Set<number>>();

  constructor(
    private readonly presence: Pick<Presence, "online">,
    private readonly watches: WatchList,
  ) {}

  /** Applies changes from the bus, and sends them to the sockets that may know. */
  apply(changes: PresenceEvent["changes"]): void {
    for (const { userId, online, at, lastSeen } of changes) this.applyState(userId, online, at, lastSeen);
  }

  /** Reads the states of those people that no socket here could know until now. */
  async readUnknown(userIds: Iterable<number>): Promise<void> {
    const people = [...userIds].flatMap((id) => this.watches.find(id) ?? []);
    const fresh = [...userIds].filter((id) => this.watches.find(id)?.read === undefined);
    const reading = this.read(fresh);
    for (const watched of people) watched.read ??= reading;
    await Promise.all(new Set(people.map(({ read }) => read)));
  }

  /** Reads all states again, because events may have been lost. */
  async readAgain(): Promise<void> {
    // The times of the known states may be of a clock that was set back since.
    for (const [, watched] of this.watches.people) watched.at = Number.NEGATIVE_INFINITY;
    await this.read([...this.watches.people].flatMap(([id, { read }]) => (read ? id : [])));
  }

  /** Answers a request. Without a request, sends the state if it differs from the one that the socket got last. */
  sendGranted(socket: WatchingSocket, id: number, watch: Watch, lastSeen: string | null): void {
    const watched = this.watches.find(id);
    if (!watched) return;
    watched.lastSeen = later(watched.lastSeen, lastSeen);
    watch.isGranted = true;
    const { request } = watch;
    watch.request = undefined;
    if (request) send(socket, id, watched, watch, request.ref);
    else if (watch.sent !== watched.online) this.sendOrDefer(socket, id, watched, watch);
  }

  /** MUST be called when a socket has closed. */
  forget(socket: WatchingSocket): void {
    this.deferred.delete(socket);
  }

  private async read(userIds: number[]) {
    for (let i = 0; i < userIds.length; i += PEOPLE_AT_ONCE) {
      const some = userIds.slice(i, i + PEOPLE_AT_ONCE);
      const { online, at, sure } = await this.presence.online(some);
      for (const id of some) if (sure || online.has(id)) this.applyState(id, online.has(id), at);
    }
  }

  private applyState(id: number, online: boolean, at: number, lastSeen: string | null = null) {
    const watched = this.watches.find(id);
    if (!watched || at < watched.at) return;
    const isNews = watched.online !== online;
    watched.at = at;
    watched.online = online;
    watched.lastSeen = later(watched.lastSeen, lastSeen);
    if (!isNews) return;
    for (const [socket, watch] of watched.watches) if (watch.isGranted) this.sendOrDefer(socket, id, watched, watch);
  }

  /** A slow reader gets a state only when it has caught up: the state at that moment. */
  private sendOrDefer(socket: WatchingSocket, id: number, watched: Watched, watch: Watch) {
    const deferred = this.deferred.get(socket);
    if (deferred) deferred.add(id);
    else if (socket.isSlow) this.defer(socket, id);
    else send(socket, id, watched, watch);
  }

  private defer(socket: WatchingSocket, first: number) {
    const deferred = new Set([first]);
    this.deferred.set(socket, deferred);
    void socket.writable().then(() => {
      if (this.deferred.get(socket) === deferred) this.deferred.delete(socket);
      for (const id of deferred) {
        const watched = this.watches.find(id);
        const watch = watched?.watches.get(socket);
        if (watched && watch?.isGranted) this.sendOrDefer(socket, id, watched, watch);
      }
    });
  }
}

function send(socket: WatchingSocket, user_id: number, { online, lastSeen }: Watched, watch: Watch, ref?: string) {
  watch.sent = online;
  socket.send(encode({ type: "presence", user_id, online, last_seen: lastSeen, ref }));
}

/** Moments as ISO 8601, which sort as text. */
const later = (a: string | null, b: string | null) => ((a ?? "") > (b ?? "") ? a : b);
