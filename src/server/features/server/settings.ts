import type { Registration } from "../../../protocol/server.ts";
import { invalidField } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Admin } from "../audit/entry.ts";
import { type ChosenSettings, DEFAULT_SETTINGS, type SettingsStore } from "./settings-store.ts";

/** The pause before another try to read the settings. */
const RETRY_MS = 1_000;

/** Settings that the environment may decide. */
interface FixedSettings {
  registration: Registration | undefined;
  color: string | undefined;
}

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

  /** @param fixed the settings as the environment says them; they win over the admins' choice */
  constructor(
    private readonly store: SettingsStore,
    private readonly bus: Bus,
    private readonly fixed: FixedSettings,
    private readonly logger: Logger,
  ) {}

  get name(): string | null {
    return this.chosen.name;
  }

  /** As `#0f766e`. */
  get color(): string | null {
    return this.fixed.color ?? this.chosen.color;
  }

  get registration(): Registration {
    return this.fixed.registration ?? this.chosen.registration;
  }

  /** Whether the environment decides this setting. */
  isFixed(setting: keyof FixedSettings): boolean {
    return this.fixed[setting] !== undefined;
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
    for (const setting of ["registration", "color"] as const) {
      const fixed = this.fixed[setting];
      if (fixed !== undefined && wanted[setting] !== undefined && wanted[setting] !== fixed)
        throw invalidField(
          setting,
          `The environment sets ${setting.toUpperCase()}=${fixed}, which wins. Unset it there first.`,
        );
    }
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
