import type { PreviewSettings, PreviewSettingsMe } from "../../../protocol/previews.ts";
import type { OwnWrites } from "../me/own-writes.ts";
import type { PreviewSettingsStore } from "./settings-store.ts";

/** How people see link previews, on all of their devices. */
export class OwnPreviewSettings {
  constructor(
    private readonly store: PreviewSettingsStore,
    private readonly writes: OwnWrites,
  ) {}

  read(userId: number): Promise<PreviewSettingsMe> {
    return this.store.read(userId);
  }

  async change(userId: number, settings: PreviewSettings): Promise<PreviewSettingsMe> {
    return (await this.writes.run(userId, () => this.store.change(userId, settings))).me;
  }
}
