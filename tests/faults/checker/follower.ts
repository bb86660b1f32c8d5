import type { ConversationSummary } from "../../../src/protocol/conversations.ts";
import type { ServerFrame } from "../../../src/protocol/frames.ts";
import type { Node } from "./cluster.ts";
import type { History, MeStream, OtherEntry, ReminderEntry, Settings, SettingsCopy, SettingsEntry } from "./history.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";
import { settingsOf } from "./settings.ts";

const CONNECT_WITHIN_MS = 5_000;
const PING_EVERY_MS = 1_000;
/** A connection that brings nothing for so long is given up. */
const SILENCE_MS = 4_000;
const LOAD_AGAIN_MS = 500;
const ASLEEP_MS = 50;

export interface FollowerSetup {
  name: string;
  person: number;
  cookie: string;
  /** Asks a node for the user's conversations. */
  list(node: Node): Promise<ConversationSummary[] | undefined>;
}

/**
 * A device that follows its user's own stream: it resumes by `after_me_version` and `epoch`, on any node, and loads the
 * list anew after a `me_reset` or in another epoch.
 */
export class Follower {
  private readonly settings = new Map<string, Settings>();
  /** The versions of the frames that came since the list was asked for. */
  private fresh = new Map<string, number>();
  private version = 0;
  private epoch: string | undefined;
  private isLoading = false;
  private connections = 0;
  private connection = "";
  private socket: WebSocket | undefined;
  private stream: MeStream | undefined;
  private heardAt = 0;
  private stopped = false;
  private sleeping = false;

  constructor(
    private readonly setup: FollowerSetup,
    private readonly nodes: readonly Node[],
    private readonly history: History,
    private readonly random: Random,
    private readonly machine: Machine,
  ) {}

  get copy(): SettingsCopy {
    const { version, isLoading } = this;
    return {
      device: this.setup.name,
      person: this.setup.person,
      version,
      isLoading,
      settings: new Map(this.settings),
    };
  }

  /** Lives through connections until `stop`. */
  async live(): Promise<void> {
    while (!this.stopped) {
      if (!this.sleeping) await this.connect(this.random.pick(this.nodes));
      await Bun.sleep(this.sleeping ? ASLEEP_MS : this.random.int(50, 500));
    }
  }

  stop(): void {
    this.stopped = true;
    this.drop();
  }

  /** Breaks the connection, and makes no other until `wake`. */
  sleep(): void {
    this.sleeping = true;
    this.drop();
  }

  wake(): void {
    this.sleeping = false;
  }

  drop(): void {
    this.socket?.terminate();
  }

  /** Resolves when the connection is over. */
  private async connect(node: Node): Promise<void> {
    const epoch = this.epoch === undefined ? "" : `&epoch=${this.epoch}`;
    const query = `?after_me_version=${this.version}${epoch}`;
    const asked = { after: this.version, askedAt: performance.now() };
    const socket = new WebSocket(`${node.url.replace("http", "ws")}/ws/${query}`, {
      headers: { Cookie: `sessionid=${this.setup.cookie}` },
    });
    this.socket = socket;
    this.stream = undefined;
    this.connection = `${this.setup.name}#${++this.connections}@${node.index}`;
    this.heardAt = this.machine.now;
    const opened = this.machine.after(CONNECT_WITHIN_MS, () => socket.terminate());
    socket.onopen = opened;
    socket.onerror = () => {};
    socket.onmessage = ({ data }) => {
      if (this.socket !== socket) return;
      this.heardAt = this.machine.now;
      this.receive(JSON.parse(String(data)), asked);
    };
    const pings = setInterval(() => {
      if (socket.readyState !== WebSocket.OPEN) return;
      if (this.machine.now - this.heardAt > SILENCE_MS) return socket.terminate();
      socket.send(JSON.stringify({ type: "ping" }));
    }, PING_EVERY_MS);
    await new Promise((resolve) => {
      socket.onclose = resolve;
    });
    opened();
    clearInterval(pings);
  }

  private receive(frame: ServerFrame, asked: { after: number; askedAt: number }) {
    switch (frame.type) {
      case "connection_established": {
        const isOfAnotherEpoch = this.epoch !== undefined && this.epoch !== frame.epoch;
        const { connection, setup } = this;
        const greeted = frame.me_version ?? 0;
        const stream = { connection, person: setup.person, ...asked, isOfAnotherEpoch, greeted };
        this.stream = { ...stream, resets: [], frames: [] };
        this.history.meStreams?.push(this.stream);
        this.meetEpoch(frame.epoch);
        break;
      }
      case "epoch":
        this.meetEpoch(frame.epoch);
        break;
      case "me_reset":
        this.stream?.resets.push({
          at: performance.now(),
          frames: this.stream.frames.length,
          to: frame.me_version,
        });
        this.version = frame.me_version;
        this.loadAnew();
        break;
      case "me": {
        const { me_version: version, from, key } = frame;
        this.stream?.frames.push({ at: performance.now(), from, ...entryOf(frame) });
        this.version = version;
        if (frame.kind !== "conversation") break;
        const [conversation, settings] = [key, settingsOf(frame.value)];
        this.fresh.set(conversation, version);
        this.settings.set(conversation, settings);
      }
    }
  }

  /** Its copies may be of another history, and a break of the connection can take the `me_reset` away. */
  private meetEpoch(epoch: string) {
    if (this.epoch !== undefined && this.epoch !== epoch) this.loadAnew();
    this.epoch = epoch;
  }

  private loadAnew() {
    this.isLoading = true;
    this.settings.clear();
    this.fresh = new Map();
    void this.load(this.fresh);
  }

  private async load(fresh: Map<string, number>) {
    while (!this.stopped && this.fresh === fresh) {
      const list = await this.setup.list(this.random.pick(this.nodes));
      if (this.fresh !== fresh) return;
      if (list) {
        for (const { id, me } of list) if ((fresh.get(id) ?? 0) <= me.me_version) this.settings.set(id, settingsOf(me));
        this.isLoading = false;
        return;
      }
      await Bun.sleep(LOAD_AGAIN_MS);
    }
  }
}

type MeFrame = Extract<ServerFrame, { type: "me" }>;

function entryOf({ kind, key, me_version: version, value }: MeFrame): SettingsEntry | ReminderEntry | OtherEntry {
  if (kind === "conversation") return { kind, version, conversation: key, settings: settingsOf(value) };
  // Null: somebody has ended the reminder.
  if (kind === "reminder" && value) return { kind, version, messageId: key, remindAt: value.remind_at };
  return { kind: "other", version };
}
