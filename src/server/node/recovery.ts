import type { Bus } from "../bus/bus.ts";
import type { AuditStore } from "../features/audit/store.ts";
import type { Followers } from "../followers/followers.ts";
import type { History } from "../log/history.ts";
import type { Hub } from "../ws/hub.ts";
import type { Sockets } from "../ws/sockets.ts";
import type { UserChanges } from "../ws/user-changes.ts";
import { DatabaseCommands } from "./control/database-commands.ts";
import type { Services } from "./services.ts";

interface RecoveryParts {
  bus: Bus;
  history: History;
  hub: Hub;
  sockets: Sockets;
  services: Services;
  userChanges: UserChanges;
  followers: Pick<Followers, "sweep">;
  audit: AuditStore;
  /** Other processes may change the database: commands, and nodes. */
  isShared: boolean;
}

/**
 * Three things make the memory of a node out of date without an event for each change: commands on the database itself,
 * a database that has gone back in time, and a bus that may have lost events. This sets up the node to read again then.
 * @returns the watch for commands, to be started and stopped; undefined in embedded mode, where commands ask this
 * process
 */
export function recoverFrom(parts: RecoveryParts): DatabaseCommands | undefined {
  const { bus, history, hub, sockets, services, userChanges, followers } = parts;
  const {
    access,
    filling,
    sessions,
    pages,
    messages,
    settings,
    firstUser,
    orphanedGroups,
    presenceWatching,
    meStreams,
  } = services;

  const commands = parts.isShared
    ? new DatabaseCommands(parts.audit, (userIds) => {
        sessions.forgetAll();
        firstUser.forget();
        void sockets.touch();
        for (const id of userIds) {
          filling.names.forget(id);
          userChanges.add(id);
        }
        orphanedGroups.passOn();
      })
    : undefined;

  history.onChange((epoch) => {
    // Everything that this node remembers may be from the earlier history.
    pages.clear();
    access.forgetAll();
    filling.names.clear();
    sessions.forgetAll();
    messages.forgetPositions();
    settings.refresh();
    firstUser.forget();
    commands?.restart();
    bus.publish({ kind: "history_changed", epoch });
    void hub.startEpoch(epoch);
    void meStreams.restart();
    void followers.sweep();
    void sockets.touch();
  });

  bus.onDoubt(async () => {
    access.forgetAll();
    filling.names.clear();
    sessions.forgetAll();
    presenceWatching.heal();
    await Promise.all([hub.heal(), sockets.touch(), settings.reload(), meStreams.heal()]);
    void followers.sweep();
  });

  return commands;
}
