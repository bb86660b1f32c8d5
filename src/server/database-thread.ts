/*
 * The entry point of the embedded database's thread. It lies beside main.ts, because the single binary needs that of
 * every file that is started by its path.
 */
import { serveDatabase } from "./platform/pglite/thread.ts";

serveDatabase();
