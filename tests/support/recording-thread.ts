/* The embedded database's thread, as src/database-thread.ts begins it, with files that are recorded. */
import { serveDatabase } from "../../src/stores/embedded/thread.ts";
import { RecordedFiles } from "./recorded-files.ts";

serveDatabase((folder) => new RecordedFiles(folder));
