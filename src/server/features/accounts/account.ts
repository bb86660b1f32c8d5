import type { MayAddMe, User } from "../../../protocol/users.ts";

/** A user with the facts that only the server may see. */
export interface Account {
  user: User;
  passwordHash: string;
  isSuperuser: boolean;
  isActive: boolean;
  mayAddMe: MayAddMe;
}

export interface NewUser {
  email: string;
  firstName: string;
  lastName: string;
  passwordHash: string;
  isSuperuser: boolean;
}

/** The values that users change in their own profile. A value that is left out stays as it is. */
export interface ProfileValues {
  firstName?: string;
  lastName?: string;
  mayAddMe?: MayAddMe;
}

/** A user who has just shown their password, and the hash that it was checked against. */
export interface Credentials {
  user: User;
  passwordHash: string;
  isSuperuser: boolean;
}

/** The names of an account's changes, in the audit log and in the security log. */
export type AccountChange = "user_deactivated" | "user_reactivated" | "superuser_granted" | "superuser_revoked";
