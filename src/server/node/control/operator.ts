import type { z } from "zod";
import { LISTED_MOST } from "../../../protocol/admin.ts";
import { Failure } from "../../base/failure.ts";
import type { Users } from "../../features/accounts/users.ts";
import type { AdminUsersStore } from "../../features/admin/users-store.ts";
import type { Reindexing } from "../../features/search/reindexing.ts";
import type { ServerSettings } from "../../features/server/settings.ts";
import { type AccountReply, type accountCommand, existingAccount, LIST_PAGE } from "./accounts.ts";

const DAY_S = 86_400;
/** How long one answer to `reindex` works, in ms. */
const REINDEX_MS = 2_000;

type AccountOrder = z.output<typeof accountCommand>;
type Order<D extends AccountOrder["do"]> = Extract<AccountOrder, { do: D }>;

interface Parts {
  users: Users;
  admin: Pick<AdminUsersStore, "list">;
  setActive(userId: number, isActive: boolean): Promise<unknown>;
  /** Makes an invite to the server and returns its link. Rejects if no superuser exists who could own it. */
  createInvite(wanted: { maxUses?: number; expiresIn: number }, origin: string): Promise<string>;
  reindexing: Pick<Reindexing, "step">;
  settings: Pick<ServerSettings, "registration">;
  /** The address at which people open the server. */
  origin(): string;
}

/** Carries out the operator's commands. Each returns one text that says what was done, or why not. */
export class Operator {
  constructor(private readonly parts: Parts) {}

  async run(command: AccountOrder): Promise<AccountReply> {
    try {
      return await this.obey(command);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const faults = Object.values(error.errors ?? {}).flat();
      return no(faults.length > 0 ? faults.join(" ") : error.message);
    }
  }

  private obey(command: AccountOrder): Promise<AccountReply> {
    switch (command.do) {
      case "find":
        return this.find(command);
      case "create_superuser":
        return this.createSuperuser(command);
      case "promote":
        return this.promote(command);
      case "set_password":
        return this.setPassword(command);
      case "set_active":
        return this.setActive(command);
      case "list":
        return this.list(command);
      case "invite":
        return this.invite(command);
      case "reindex":
        return this.reindex();
    }
  }

  private async find({ email }: Order<"find">): Promise<AccountReply> {
    const account = await this.parts.users.accountOf(email);
    return { ...yes(""), found: account ? { is_superuser: account.isSuperuser } : null };
  }

  private async createSuperuser(command: Order<"create_superuser">): Promise<AccountReply> {
    if (await this.parts.users.accountOf(command.email)) return no(existingAccount(command.email));
    const user = await this.parts.users.createSuperuser(command);
    return yes(`Superuser ${user.email} was created.`);
  }

  private async promote({ email, password }: Order<"promote">): Promise<AccountReply> {
    const account = await this.parts.users.accountOf(email);
    if (!account) return no(unknown(email));
    const { ended } = await this.parts.users.resetPassword(email, password, { isSuperuser: true });
    const before = account.isSuperuser ? "was a superuser already" : "is a superuser now";
    const active = account.isActive ? "" : " The account was deactivated and is active again.";
    return yes(`${email} ${before}. Its password is the one you gave, and ${sessions(ended)} ended.${active}`);
  }

  private async setPassword({ email, password }: Order<"set_password">): Promise<AccountReply> {
    if (!(await this.parts.users.accountOf(email))) return no(unknown(email));
    const { isActive, ended } = await this.parts.users.resetPassword(email, password);
    const inactive = isActive ? "" : ` The account is deactivated: to open it, run confab user reactivate ${email}`;
    return yes(`The password of ${email} was set, and ${sessions(ended)} ended.${inactive}`);
  }

  private async setActive({ email, active }: Order<"set_active">): Promise<AccountReply> {
    const account = await this.parts.users.accountOf(email);
    if (!account) return no(unknown(email));
    const done = active ? "active" : "deactivated";
    if (account.isActive === active) return yes(`${email} is ${done} already.`);
    await this.parts.setActive(account.user.id, active);
    return yes(active ? `${email} is active again.` : `${email} is deactivated, and signed out everywhere.`);
  }

  private async list({ search, offset }: Order<"list">): Promise<AccountReply> {
    const page = { search, isActive: undefined, isSuperuser: undefined, limit: LIST_PAGE, offset };
    const { users, total, isExact } = await this.parts.admin.list(page);
    return { ...yes(""), users, is_cut: !isExact && offset + users.length >= Math.min(total, LISTED_MOST) };
  }

  /** A part of the work, so that the command can say how far it is. */
  private async reindex(): Promise<AccountReply> {
    for (const since = performance.now(); ; ) {
      const { done, all, isOver } = await this.parts.reindexing.step();
      if (isOver || performance.now() - since > REINDEX_MS)
        return { ...yes(""), reindexed: { done, all, is_over: isOver } };
    }
  }

  private async invite({ uses, days }: Order<"invite">): Promise<AccountReply> {
    const wanted = { ...(uses === null ? {} : { maxUses: uses }), expiresIn: days * DAY_S };
    const link = await this.parts.createInvite(wanted, this.parts.origin());
    const closed = this.parts.settings.registration === "closed";
    const note = closed ? "\nRegistration is closed now. The link works once registration is open or by invite." : "";
    return yes(`${link}${note}`);
  }
}

const yes = (text: string): AccountReply => ({ ok: true, text });
const no = (text: string): AccountReply => ({ ok: false, text });

const unknown = (email: string) => `There is no account with the e-mail ${email}. confab user list shows them all.`;
const sessions = (count: number) =>
  count === 1 ? "its one session" : count === 0 ? "no session" : `its ${count} sessions`;
