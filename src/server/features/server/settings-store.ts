import { and, eq, isNull, sql } from "drizzle-orm";
import type { AuditDetails } from "../../../protocol/admin.ts";
import type { Registration } from "../../../protocol/server.ts";
import { changeSettingsBody } from "../../../protocol/server.ts";
import { invalidField } from "../../base/failure.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { conversations, serverSettings } from "../../platform/postgres/schema.ts";
import { audited } from "../audit/audited.ts";
import type { Admin } from "../audit/entry.ts";

/** The choices of the admins, and the defaults of settings without a choice. */
export interface ChosenSettings {
  name: string | null;
  /** As `#0f766e`. */
  color: string | null;
  registration: Registration;
  /** A group that new accounts join. */
  defaultConversationId: string | null;
}

export const DEFAULT_SETTINGS: ChosenSettings = {
  name: null,
  color: null,
  registration: "open",
  defaultConversationId: null,
};

type Row = Pick<typeof serverSettings.$inferSelect, "name" | "value">;

export class SettingsStore {
  constructor(private readonly db: Database) {}

  async read(): Promise<ChosenSettings> {
    return chosenIn(await this.db.read((orm) => orm.select().from(serverSettings)));
  }

  /** Written to the audit log in the same transaction. Rejects with a Failure when there is no such group. */
  change(by: Admin, { name, color, registration, defaultConversationId }: Partial<ChosenSettings>) {
    const wanted = Object.entries({ name, color, registration, default_conversation_id: defaultConversationId });
    return audited<void>(this.db, by, async (tx) => {
      if (defaultConversationId) await requireGroup(tx, defaultConversationId);
      const rows = await tx.select().from(serverSettings).for("update");
      const before = namesOf(chosenIn(rows));
      const details: AuditDetails = {};
      for (const [setting, value] of wanted) {
        if (value === undefined || value === before[setting]) continue;
        details[setting] = value;
        details[`${setting}_before`] = before[setting] ?? null;
        // JSON, because null is a choice too.
        const json = sql`${JSON.stringify(value)}::jsonb`;
        await tx
          .insert(serverSettings)
          .values({ name: setting, value: json })
          .onConflictDoUpdate({ target: serverSettings.name, set: { value: json, changedAt: sql`now()` } });
      }
      const entry = { action: "settings_changed", target: { type: "server", id: "settings" }, details } as const;
      return { outcome: undefined, entries: Object.keys(details).length === 0 ? [] : [entry] };
    });
  }
}

/** The settings by the names of the wire and the table. */
const namesOf = ({
  name,
  color,
  registration,
  defaultConversationId,
}: ChosenSettings): Record<string, string | null> => ({
  name,
  color,
  registration,
  default_conversation_id: defaultConversationId,
});

/** A value that this release does not know counts as not chosen. */
function chosenIn(rows: Row[]): ChosenSettings {
  const known = Object.assign(
    {},
    ...rows.map(({ name, value }) => {
      const parsed = changeSettingsBody.safeParse({ [name]: value });
      return parsed.success ? parsed.data : {};
    }),
  );
  return {
    name: known.name ?? DEFAULT_SETTINGS.name,
    color: known.color ?? DEFAULT_SETTINGS.color,
    registration: known.registration ?? DEFAULT_SETTINGS.registration,
    defaultConversationId: known.default_conversation_id ?? DEFAULT_SETTINGS.defaultConversationId,
  };
}

async function requireGroup(tx: Transaction, id: string) {
  const [group] = await tx
    .select({ id: conversations.id })
    .from(conversations)
    .where(and(eq(conversations.id, id), eq(conversations.isGroup, true), isNull(conversations.parentId)));
  if (!group) throw invalidField("default_conversation_id", "There is no such group.");
}
