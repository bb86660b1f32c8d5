import type { AuditAction, AuditDetails, AuditTarget } from "../../../protocol/admin.ts";

/** The author of an audited act: a superuser and where they are, or `null` for the command line. */
export type Admin = { userId: number; address: string; network: string } | null;

/** The part of an audit log entry that the act itself decides. The author and the time are added to it. */
export interface Entry {
  action: AuditAction;
  target: { type: AuditTarget; id: string | number };
  details: AuditDetails;
}
