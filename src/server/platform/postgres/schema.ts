/** All tables, by noun. drizzle-kit reads the folder; `bun run migration` writes a difference into `drizzle/`. */
export * from "./schema/accounts.ts";
export * from "./schema/conversations.ts";
export * from "./schema/files.ts";
export * from "./schema/found.ts";
export * from "./schema/invites.ts";
export * from "./schema/log.ts";
export * from "./schema/marks.ts";
export * from "./schema/me.ts";
export * from "./schema/server.ts";
export * from "./schema/work.ts";
