import type { Logger } from "../base/logger.ts";
import { ERASE_CONVERSATION, eraseConversation } from "../features/admin/erasing.ts";
import { removeBytes } from "../features/files/cleaning.ts";
import { REMOVE_BYTES } from "../features/files/store.ts";
import { remindOf } from "../features/saved/service.ts";
import { REMIND } from "../features/saved/store.ts";
import { sendScheduledOf } from "../features/scheduled/service.ts";
import { SEND_SCHEDULED } from "../features/scheduled/store.ts";
import { FollowerStore } from "../followers/store.ts";
import { type JobKinds, Jobs } from "../jobs/jobs.ts";
import { JobStore } from "../jobs/store.ts";
import type { MessageWindow } from "../log/window.ts";
import type { Database } from "../platform/postgres/database.ts";
import type { Services } from "./services.ts";
import type { Stores } from "./stores.ts";

/** A node of the release before may have removed conversations: jobs for them are added this often. */
const ADD_MISSING_EVERY_MS = 60_000;

/** All jobs of this node, to be started and stopped. To add a kind, add it to the table below. */
export function openJobs(parts: {
  database: Database;
  stores: Stores;
  window: MessageWindow | undefined;
  /** The services, which are made after the jobs. Steps run only once all is made. */
  services: () => Pick<Services, "ownWrites" | "scheduled" | "files" | "pictures">;
  logger: Logger;
}) {
  const { database, stores, window, services, logger } = parts;
  const { erasing } = stores;

  const kinds: JobKinds = {
    [ERASE_CONVERSATION]: eraseConversation({ erasing, window, cursors: new FollowerStore(database) }),
    [REMOVE_BYTES]: removeBytes(() => ({
      blobs: services().files.blobs,
      keysBeside: (key) => services().pictures.keysBeside(key),
    })),
    [REMIND]: (payload) => remindOf(stores.saved, services().ownWrites)(payload),
    [SEND_SCHEDULED]: (payload) => sendScheduledOf(services().scheduled)(payload),
  };

  const jobs = new Jobs(new JobStore(database), kinds, logger);
  const addMissing = () =>
    erasing.addMissingJobs().then(
      () => jobs.wake(),
      (error: unknown) => logger.debug({ err: error }, "jobs that are missing are added a little later"),
    );
  let timer: ReturnType<typeof setInterval> | undefined;
  return {
    wake: () => jobs.wake(),
    start() {
      timer = setInterval(addMissing, ADD_MISSING_EVERY_MS);
      jobs.start();
      void addMissing();
    },
    async stop() {
      clearInterval(timer);
      await jobs.close();
    },
  };
}
