import type { Logger } from "../base/logger.ts";
import { type Previews, setPreviewsOf } from "../features/previews/service.ts";
import { SET_PREVIEWS } from "../features/previews/store.ts";
import { Jobs } from "../jobs/jobs.ts";
import { JobStore } from "../jobs/store.ts";
import type { Database } from "../platform/postgres/database.ts";

/** How many messages of a node get their previews at a time. */
const AT_ONCE = 3;

/** The jobs that fetch pages. They run beside all others, which must not wait for slow pages. */
export function openPreviewJobs(database: Database, previews: Previews, logger: Logger) {
  const runners = Array.from(
    { length: AT_ONCE },
    () => new Jobs(new JobStore(database), { [SET_PREVIEWS]: setPreviewsOf(previews) }, logger),
  );
  return {
    wake() {
      for (const runner of runners) runner.wake();
    },
    start() {
      for (const runner of runners) runner.start();
    },
    async stop() {
      await Promise.all(runners.map((runner) => runner.close()));
    },
  };
}
