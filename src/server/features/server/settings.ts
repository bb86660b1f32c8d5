import type { Registration } from "../../../protocol/server.ts";
import { invalidField } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Admin } from "../audit/entry.ts";
import { type ChosenSettings, DEFAULT_SETTINGS, type SettingsStore } from "./settings-store.ts";

/** The pause before another try to read the settings. */
const RETRY_MS = 1_000;

/**
 * The settings that admins choose in the panel. This node remembers them, and reads them again when the bus announces a
 * change.
 */
export class ServerSettings {
  private chosen = DEFAULT_SETTINGS;
  private isStale = false;
  private reading: Promise<void> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;

  /** @param fixed who may register, as the environment says it; it wins over the admins' choice */
  constructor(
    private readonly store: SettingsStore,
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

  /** Resolves when this node knows all changes that were made before the call. */
  reload(): Promise<void> {
    this.isStale = true;
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async read() {
    // A read may miss a change that comes during it.
    while (this.isStale) {
      this.isStale = false;
      this.chosen = await this.store.read();
    }
  }

  /** Reloads without waiting. A read that fails is tried again until it succeeds. */
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
      // This also runs after an error, because the commit may be done although its answer got lost.
      this.bus.publish({ kind: "settings_changed" });
    }
    await this.reload();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.retry);
  }
}
