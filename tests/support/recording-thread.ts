/* The embedded database's thread, as src/server/database-thread.ts begins it, with files that are recorded. */
import { serveDatabase } from "../../src/server/platform/pglite/thread.ts";
import { RecordedFiles } from "./recorded-files.ts";

serveDatabase((folder) => new RecordedFiles(folder));
