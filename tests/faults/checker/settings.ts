import type { Members, Operation, Setting, Settings } from "./history.ts";

/** The part of the settings that is stored. */
export const settingsOf = ({ archived_seq, muted_until, level, unread_seq }: Settings): Settings => ({
  archived_seq,
  muted_until,
  level,
  unread_seq,
});

export const settingsIn = (operations: readonly Operation[]) =>
  operations.filter((operation): operation is Setting => operation.kind === "set");

export const removalsIn = (operations: readonly Operation[]) =>
  operations.filter(
    (operation): operation is Members =>
      operation.kind === "members" && operation.removed !== undefined && operation.outcome !== "fail",
  );

export const versionOf = ({ result }: Setting) => result?.me_version ?? 0;

export const isSame = (a: Settings, b: Settings) => show(a) === show(b);

export const show = (settings: Settings | undefined) =>
  settings
    ? JSON.stringify([settings.archived_seq, settings.muted_until, settings.level, settings.unread_seq])
    : "nothing";
