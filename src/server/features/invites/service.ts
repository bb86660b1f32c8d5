import type { Conversation } from "../../../protocol/conversations.ts";
import type { CreateInviteBody, Invite, InvitePreview } from "../../../protocol/invites.ts";
import type { User } from "../../../protocol/users.ts";
import type { Caller } from "../../base/caller.ts";
import { Failure } from "../../base/failure.ts";
import type { SecurityLog } from "../../base/security-log.ts";
import type { Session } from "../../base/session.ts";
import type { Announcer } from "../../log/announcer.ts";
import type { Memberships } from "../../log/memberships.ts";
import type { Total } from "../../platform/postgres/totals.ts";
import type { NewUser } from "../accounts/account.ts";
import type { Registration } from "../accounts/users.ts";
import type { Admin } from "../audit/entry.ts";
import type { Conversations } from "../conversations/service.ts";
import { codeOf, newCode, shortCode, urlOf } from "./codes.ts";
import type { InviteRecord } from "./records.ts";
import { inviteEnded, notForRegistering } from "./refusals.ts";
import type { InvitesStore } from "./store.ts";

/** The server's name, and the rule who may register. */
export interface ServerFacts {
  readonly name: string | null;
  readonly registration: "open" | "invite" | "closed";
}

interface Parts {
  store: InvitesStore;
  memberships: Pick<Memberships, "membership">;
  conversations: Pick<Conversations, "announceJoin">;
  announcer: Pick<Announcer, "announce" | "doubt">;
  server: ServerFacts;
  security: SecurityLog;
  maxParticipants: number;
}

/** Links by which people join the server or a group. */
export class Invites implements Registration {
  constructor(private readonly parts: Parts) {}

  /** @param from.origin the origin of the page that the link opens */
  async create(session: Session, body: CreateInviteBody, from: { client: Caller; origin: string }): Promise<Invite> {
    const by = adminBy(session, from.client);
    if (!by && body.conversation_id == null)
      throw new Failure("validation_failed", {
        errors: {
          conversation_id: ["Say which group it leads into. Only superusers make invites to the server alone."],
        },
      });
    const made = await this.parts.store.create(by, {
      code: newCode(),
      conversationId: body.conversation_id ?? undefined,
      makerId: session.userId,
      maxUses: body.max_uses ?? undefined,
      expiresIn: body.expires_in ?? undefined,
    });
    this.record("invite_made", made.code, { by: session.userId, ...addressOf(from.client) });
    return this.shown(made, from.origin);
  }

  createOnServer(wanted: ServerInvite, origin: string): Promise<string> {
    return createServerInvite(this.parts, wanted, origin);
  }

  /** The user's own invites; for a superuser, all. The invites into a group are for its members and superusers. */
  async list(
    session: Session,
    query: { conversationId: string | undefined; limit: number; offset: number },
    origin: string,
  ): Promise<{ invites: Invite[] } & Total> {
    const { conversationId } = query;
    const { store, memberships } = this.parts;
    if (conversationId !== undefined && !session.isSuperuser) {
      const membership = await memberships.membership(conversationId, session.userId);
      if (membership !== "participant") throw new Failure("conversation_not_found");
    }
    const makerId = conversationId === undefined && !session.isSuperuser ? session.userId : undefined;
    const { invites, ...total } = await store.list({ ...query, makerId });
    return { invites: invites.map((invite) => this.shown(invite, origin)), ...total };
  }

  async revoke(session: Session, code: string, client: Caller): Promise<void> {
    const known = codeOf(code);
    await this.parts.store.revoke(adminBy(session, client), known, session.userId);
    this.record("invite_revoked", known, { by: session.userId, ...addressOf(client) });
  }

  /** The facts that anybody with the link may see before they join. */
  async preview(code: string): Promise<InvitePreview> {
    const invite = await this.find(code);
    const { conversation, state } = invite;
    return {
      code: invite.code,
      state,
      registers: this.registers(invite),
      server_name: this.parts.server.name,
      conversation:
        conversation && state === "active"
          ? {
              name: conversation.name,
              display_name: conversation.displayName,
              participant_count: conversation.participantCount,
            }
          : null,
      invited_by: invite.createdBy.fullName,
      expires_at: invite.expiresAt,
    };
  }

  /** Joins the group of an invite. Returns it as the user sees it, or `null` when the invite is to the server alone. */
  async accept(userId: number, code: string): Promise<Conversation | null> {
    const { conversation, code: known } = await this.find(code);
    const { store, maxParticipants } = this.parts;
    const joined = await this.commitJoin(conversation?.id, () => store.accept(known, userId, maxParticipants));
    const { conversationId } = joined;
    return conversationId === undefined ? null : this.parts.conversations.announceJoin(userId, conversationId, joined);
  }

  /** @see Registration.require. Call it before you hash a password, which is costly. */
  async require(code: string | undefined): Promise<void> {
    const { registration } = this.parts.server;
    if (registration === "closed") throw new Failure("registration_closed");
    if (code === undefined) {
      if (registration === "invite") throw new Failure("registration_by_invite");
      return;
    }
    const invite = await this.find(code);
    if (registration === "invite" && !invite.createdBy.isSuperuser) throw notForRegistering();
    if (invite.state !== "active") throw inviteEnded(invite.state);
  }

  /** @see Registration.register */
  async register(code: string, user: NewUser): Promise<User | undefined> {
    const { conversation, code: known } = await this.find(code);
    const { store, server, maxParticipants: max } = this.parts;
    const anyMaker = server.registration === "open";
    const made = await this.commitJoin(conversation?.id, () => store.register(known, user, { max, anyMaker }));
    // The new user has no socket yet, so only the group gets the change.
    if (made?.change) this.parts.announcer.announce(made.change);
    return made?.user;
  }

  tidy(): Promise<void> {
    return this.parts.store.tidy();
  }

  private async find(code: string): Promise<InviteRecord> {
    const invite = await this.parts.store.find(codeOf(code));
    if (!invite) throw new Failure("invite_not_found");
    return invite;
  }

  /** When the answer to the commit gets lost, the announcer checks whether the group has a new change. */
  private commitJoin<T>(conversationId: string | undefined, commit: () => Promise<T>): Promise<T> {
    return commit().catch((error: unknown) => {
      if (conversationId === undefined) throw error;
      return this.parts.announcer.doubt(conversationId, error);
    });
  }

  private registers({ state, createdBy }: InviteRecord): boolean {
    const { registration } = this.parts.server;
    return state === "active" && (registration === "open" || (registration === "invite" && createdBy.isSuperuser));
  }

  private shown(invite: InviteRecord, origin: string): Invite {
    const { code, conversation, createdBy } = invite;
    return {
      code,
      url: urlOf(code, origin),
      conversation: conversation
        ? { id: conversation.id, name: conversation.name, display_name: conversation.displayName }
        : null,
      created_by: { id: createdBy.id, full_name: createdBy.fullName },
      created_at: invite.createdAt,
      expires_at: invite.expiresAt,
      max_uses: invite.maxUses,
      uses: invite.uses,
      state: invite.state,
      registers: this.registers(invite),
    };
  }

  private record(
    event: "invite_made" | "invite_revoked",
    code: string,
    who: { by: number | null; address?: string; network?: string },
  ) {
    this.parts.security.record({ event, ...who, details: { code: shortCode(code) } });
  }
}

interface ServerInvite {
  maxUses?: number;
  expiresIn?: number;
}

/** Makes an invite to the server for the command line. Returns its link. */
export async function createServerInvite(
  { store, security }: Pick<Parts, "store" | "security">,
  { maxUses, expiresIn }: ServerInvite,
  origin: string,
): Promise<string> {
  const { code } = await store.create(null, {
    code: newCode(),
    conversationId: undefined,
    makerId: null,
    maxUses,
    expiresIn,
  });
  security.record({ event: "invite_made", by: null, details: { code: shortCode(code) } });
  return urlOf(code, origin);
}

const addressOf = ({ address, network }: Caller) => ({ address, network });

const adminBy = ({ isSuperuser, userId }: Session, client: Caller): Admin | undefined =>
  isSuperuser ? { userId, ...addressOf(client) } : undefined;
