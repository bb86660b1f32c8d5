import { ACCOUNT_KEY } from "../../../protocol/me.ts";
import type { PreviewSettings, PreviewSettingsMe } from "../../../protocol/previews.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { OwnStream } from "../me/own-stream.ts";

const KIND = "previews";

/** Whether people want to see link previews. They do until they say otherwise. */
export class PreviewSettingsStore {
  constructor(private readonly db: Database) {}

  async read(userId: number): Promise<PreviewSettingsMe> {
    const [row] = await this.db.query<{ value: Partial<PreviewSettings>; me_version: number }>(
      "SELECT value, me_version FROM me_entries WHERE user_id = $1 AND kind = $2 AND key = $3",
      [userId, KIND, ACCOUNT_KEY],
    );
    return { shown: row?.value.shown ?? true, me_version: row?.me_version ?? 0 };
  }

  /** Takes a `me_version` only when something differs. */
  change(userId: number, { shown }: PreviewSettings): Promise<{ me: PreviewSettingsMe; isChanged: boolean }> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      const entry = await stream.entry(KIND, ACCOUNT_KEY);
      const before = entry?.value?.["shown"] ?? true;
      if (before === shown) return { me: { shown, me_version: entry?.meVersion ?? 0 }, isChanged: false };
      const me_version = await stream.put(KIND, ACCOUNT_KEY, { shown }, null);
      return { me: { shown, me_version }, isChanged: true };
    });
  }
}
