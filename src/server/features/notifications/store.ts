import type { Level } from "../../../protocol/me.ts";
import { ACCOUNT_KEY } from "../../../protocol/me.ts";
import type { Message } from "../../../protocol/messages.ts";
import type {
  NotificationSettings,
  NotificationSettingsBody,
  NotificationsMe,
} from "../../../protocol/notifications.ts";
import { MESSAGE_COLUMNS, type MessageRow, messageOf } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { OwnStream } from "../me/own-stream.ts";
import { changedSettings, settingsOf } from "./settings.ts";

const KIND = "notifications";

/** The facts about a message and a person by which the message notifies the person. */
export interface Standing {
  message: Message;
  isGroup: boolean;
  isThread: boolean;
  isFollowing: boolean;
  /** A row says so: the person was online for `here`. */
  isMentioned: boolean;
  /** The author of the message that this one answers. */
  answeredId: number | null;
  level: Level;
  mutedUntil: string | null;
  settings: NotificationSettings;
}

type StandingRow = MessageRow & {
  isGroup: boolean;
  isThread: boolean;
  isFollowing: boolean;
  isMentioned: boolean;
  answeredId: number | null;
  level: Level;
  mutedUntil: string | null;
  stored: Partial<NotificationSettings> | null;
};

/** When and about what people want to be notified. */
export class NotificationsStore {
  constructor(private readonly db: Database) {}

  async read(userId: number): Promise<NotificationsMe> {
    const [row] = await this.db.query<{ value: Partial<NotificationSettings>; me_version: number }>(
      "SELECT value, me_version FROM me_entries WHERE user_id = $1 AND kind = $2 AND key = $3",
      [userId, KIND, ACCOUNT_KEY],
    );
    return { ...settingsOf(row?.value), me_version: row?.me_version ?? 0 };
  }

  /** Takes a `me_version` only when something differs. */
  change(userId: number, body: NotificationSettingsBody): Promise<{ me: NotificationsMe; isChanged: boolean }> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      const entry = await stream.entry(KIND, ACCOUNT_KEY);
      const before = settingsOf(entry?.value);
      const after = changedSettings(before, body);
      if (Bun.deepEquals(after, before))
        return { me: { ...before, me_version: entry?.meVersion ?? 0 }, isChanged: false };
      const me_version = await stream.put(KIND, ACCOUNT_KEY, { ...after }, null);
      return { me: { ...after, me_version }, isChanged: true };
    });
  }

  /** `undefined`: there is no such message in the conversation. */
  async standing(userId: number, conversationId: string, messageId: string): Promise<Standing | undefined> {
    const [row] = await this.db.query<StandingRow>(STANDING, [userId, conversationId, messageId]);
    return row && { ...row, message: messageOf(row), settings: settingsOf(row.stored) };
  }
}

/** People who do not follow a thread have no row in it. */
const STANDING = `SELECT c.is_group AS "isGroup", c.parent_id IS NOT NULL AS "isThread",
    (p.is_following) IS TRUE AS "isFollowing",
    EXISTS (
      SELECT FROM mentions n WHERE n.user_id = $1 AND n.conversation_id = c.id AND n.seq = m.seq
    ) AS "isMentioned",
    (SELECT sender_id FROM messages a WHERE a.conversation_id = c.id AND a.seq = (m.fields->'reply_to'->>'seq')::bigint)
      AS "answeredId",
    coalesce(e.value->>'level', 'all') AS level, e.value->>'muted_until' AS "mutedUntil", s.value AS stored,
    ${MESSAGE_COLUMNS}
  FROM conversations c
  CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = $3 AND conversation_id = c.id OFFSET 0) m
  LEFT JOIN participants p ON p.conversation_id = c.id AND p.user_id = $1
  LEFT JOIN me_entries e ON e.user_id = $1 AND e.kind = 'conversation' AND e.key = c.id::text
  LEFT JOIN me_entries s ON s.user_id = $1 AND s.kind = 'notifications' AND s.key = '${ACCOUNT_KEY}'
  WHERE c.id = $2`;
