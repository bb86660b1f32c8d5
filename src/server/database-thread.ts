/*
 * The entry point of the embedded database's thread. It lies beside main.ts, because the single binary finds a file
 * that is started by its path only there.
 */
import { serveDatabase } from "./platform/pglite/thread.ts";

serveDatabase();
