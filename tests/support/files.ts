import type { Query } from "../../src/server/platform/postgres/database.ts";

interface Row {
  userId: number;
  id?: string;
  name?: string;
  type?: string;
  bytes?: number;
  state?: string;
  details?: Record<string, unknown>;
}

/** A file's row without its bytes; its id. */
export async function insertFile(query: Query, { userId, ...given }: Row): Promise<string> {
  const {
    id = Bun.randomUUIDv7(),
    name = "photo.jpg",
    type = "image/jpeg",
    bytes = 3,
    state = "ready",
    details,
  } = given;
  await query(
    `INSERT INTO files (id, user_id, name, type, bytes, state, details, digest)
     VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, 'none')`,
    [id, userId, name, type, bytes, state, JSON.stringify(details ?? {})],
  );
  return id;
}
