/*
 * Where the embedded database's thread begins. It lies beside main.ts: in the single binary all that is started by its
 * path has to.
 */
import { serveDatabase } from "./platform/pglite/thread.ts";

serveDatabase();
