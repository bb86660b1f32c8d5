import { Failure } from "../base/failure.ts";
import type { Logger } from "../base/logger.ts";
import { OwnTurns } from "../base/own-turns.ts";
import { NO_SECURITY_LOG } from "../base/security-log.ts";
import { InProcessExchange } from "../bus/memory-bus.ts";
import type { Config } from "../config.ts";
import { Passwords } from "../features/accounts/passwords.ts";
import { type Registration, Users } from "../features/accounts/users.ts";
import { createServerInvite } from "../features/invites/service.ts";
import { Database, type Driver } from "../platform/postgres/database.ts";
import { Operator } from "./control/operator.ts";
import { originToOpen } from "./origin-to-open.ts";
import { openReindexing } from "./search.ts";
import { storesOn } from "./stores.ts";

/** No command registers anybody. */
const NO_REGISTRATION: Registration = {
  require: async () => {
    throw new Failure("registration_closed");
  },
  register: async () => undefined,
};

/**
 * The operator for a command that opens the database itself. Nodes that serve it find the entries of the command in the
 * audit log (see DatabaseCommands).
 */
export async function operatorOn(config: Config, driver: Driver, logger: Logger): Promise<Operator> {
  const database = new Database(driver);
  const stores = storesOn(database);
  const bus = new InProcessExchange().connect();
  const users = new Users(stores.users, new Passwords(), bus, new OwnTurns(), NO_SECURITY_LOG, {
    registration: NO_REGISTRATION,
    directory: "all",
  });
  const { registration } = await stores.settings.read();
  return new Operator({
    users,
    admin: stores.admin.users,
    setActive: (id, isActive) => stores.admin.users.change(null, id, { isActive }),
    createInvite: (wanted, origin) =>
      createServerInvite({ store: stores.invites, security: NO_SECURITY_LOG }, wanted, origin),
    reindexing: await openReindexing(config, database, stores.log, logger),
    settings: { registration: config.REGISTRATION ?? registration },
    origin: () => originToOpen(config, config.PORT),
  });
}
