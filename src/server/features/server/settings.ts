import type { Registration } from "../../../protocol/server.ts";
import { invalidField } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Admin } from "../admin/ports.ts";

/** What admins chose; where they chose nothing, the defaults. */
export interface ChosenSettings {
  name: string | null;
  registration: Registration;
  /** A group that new accounts join. */
  defaultConversationId: string | null;
}

export interface ServerSettingsStore {
  read(): Promise<ChosenSettings>;
  /** Written to the audit log in the same transaction. Rejects with a Failure when there is no such group. */
  change(by: Admin, wanted: Partial<ChosenSettings>): Promise<void>;
}

export const DEFAULT_SETTINGS: ChosenSettings = { name: null, registration: "open", defaultConversationId: null };

/** Between two tries to read what has changed. */
const RETRY_MS = 1_000;

/** The settings that admins choose in the page. They are kept here, and read anew as soon as the bus tells of a change. */
export class ServerSettings {
  private chosen = DEFAULT_SETTINGS;
  private isStale = false;
  private reading: Promise<void> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;

  /** @param fixed who may register as the environment says it, which wins */
  constructor(
    private readonly store: ServerSettingsStore,
    private readonly bus: Bus,
    private readonly fixed: Registration | undefined,
    private readonly logger: Logger,
  ) {}

  get name(): string | null {
    return this.chosen.name;
  }

  get registration(): Registration {
    return this.fixed ?? this.chosen.registration;
  }

  get isRegistrationFixed(): boolean {
    return this.fixed !== undefined;
  }

  get defaultConversationId(): string | null {
    return this.chosen.defaultConversationId;
  }

  /** Resolves when all that was changed before the call is known here. */
  reload(): Promise<void> {
    this.isStale = true;
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async read() {
    // A change that comes during a read may not be in it.
    while (this.isStale) {
      this.isStale = false;
      this.chosen = await this.store.read();
    }
  }

  /** The same for callers that do not wait: a read that fails is tried again until it succeeds. */
  refresh(): void {
    clearTimeout(this.retry);
    this.reload().catch((error: unknown) => {
      if (this.isClosed) return;
      this.logger.warn({ err: error }, "the server's settings can't be read; it is tried again");
      this.retry = setTimeout(() => this.refresh(), RETRY_MS);
    });
  }

  /** Every node knows the change at once. */
  async set(by: Admin, wanted: Partial<ChosenSettings>): Promise<void> {
    const { fixed } = this;
    if (fixed !== undefined && wanted.registration !== undefined && wanted.registration !== fixed)
      throw invalidField(
        "registration",
        `The environment sets REGISTRATION=${fixed}, which wins. Unset it there first.`,
      );
    try {
      await this.store.change(by, wanted);
    } finally {
      // Also after an error: a commit whose answer got lost has changed them all the same.
      this.bus.publish({ kind: "settings_changed" });
    }
    await this.reload();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.retry);
  }
}
