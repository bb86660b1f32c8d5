import { randomBytes } from "node:crypto";
import type { Conversation } from "../../../protocol/conversations.ts";
import {
  CODE_LENGTH,
  CODE_LETTERS,
  type CreateInviteBody,
  type Invite,
  type InvitePreview,
  type InviteState,
  parseInviteCode,
} from "../../../protocol/invites.ts";
import type { User } from "../../../protocol/users.ts";
import type { Caller } from "../../base/caller.ts";
import { Failure } from "../../base/failure.ts";
import type { SecurityLog } from "../../base/security-log.ts";
import type { Session } from "../../base/session.ts";
import type { Announcer } from "../../log/announcer.ts";
import type { Change } from "../../log/changes.ts";
import type { ConversationStore, EndedRequest, NewUser } from "../../log/ports.ts";
import type { Admin, Total } from "../admin/ports.ts";
import type { Conversations } from "../conversations/service.ts";

/** An invite as the store has it. */
export interface InviteRecord {
  code: string;
  /** undefined: an invite to the server alone. */
  conversation: { id: string; name: string | null; displayName: string; participantCount: number } | undefined;
  createdBy: { id: number; fullName: string; isSuperuser: boolean };
  createdAt: string;
  expiresAt: string | null;
  maxUses: number | null;
  uses: number;
  /** At the moment of reading. */
  state: InviteState;
}

export interface NewInvite {
  code: string;
  conversationId: string | undefined;
  /** null: the command line, whose invites are those of the first superuser. */
  makerId: number | null;
  maxUses: number | undefined;
  /** In seconds; undefined: never. */
  expiresIn: number | undefined;
}

/** The group that somebody is in by an invite. `change` is undefined when they were in it before. */
export interface Joined {
  conversationId: string | undefined;
  change: Change | undefined;
  /** Requests that nobody need answer any longer. */
  ended: EndedRequest[];
}

/**
 * One transaction counts a person who comes in by an invite and makes them a member, under the locks of the group and the
 * invite: both or neither, once, and never more than it is for.
 */
export interface InviteStore {
  find(code: string): Promise<InviteRecord | undefined>;
  /** Newest first: those into a group, or of a maker, or all. */
  list(query: {
    conversationId: string | undefined;
    makerId: number | undefined;
    limit: number;
    offset: number;
  }): Promise<{ invites: InviteRecord[] } & Total>;
  /**
   * Rejects where the maker is no member of the group, or it is none.
   * @param by the superuser, or `null` for the command line: then it is written to the audit log; undefined: neither
   */
  create(by: Admin | undefined, invite: NewInvite): Promise<InviteRecord>;
  /** @param by as above; of others than superusers `userId` must be its maker, or own the group */
  revoke(by: Admin | undefined, code: string, userId: number): Promise<void>;
  /** Rejects where the invite has ended, the group has `max` people, or its owner has removed this person. */
  accept(code: string, userId: number, max: number): Promise<Joined>;
  /**
   * Makes an account and lets it in. `undefined`: the e-mail is taken, and nothing is used.
   * @param everybodys whether invites of others than superusers make accounts
   */
  register(
    code: string,
    user: NewUser,
    options: { max: number; everybodys: boolean },
  ): Promise<(Joined & { user: User }) | undefined>;
  /** Deletes some of the invites that ended more than 90 days ago; called again and again it comes to all of them. */
  tidy(): Promise<void>;
}

/** The server's name, and who may register. */
export interface ServerFacts {
  readonly name: string | null;
  readonly registration: "open" | "invite" | "closed";
}

interface Parts {
  store: InviteStore;
  memberships: Pick<ConversationStore, "membership">;
  conversations: Pick<Conversations, "joined">;
  announcer: Pick<Announcer, "announce" | "doubt">;
  server: ServerFacts;
  security: SecurityLog;
  maxParticipants: number;
}

/** Links by which people come to the server or into a group. */
export class Invites {
  constructor(private readonly parts: Parts) {}

  /** @param origin that of the page that the link leads to */
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
    this.record("invite_made", made.code, { by: session.userId, ...placeOf(from.client) });
    return this.shown(made, from.origin);
  }

  createOnServer(wanted: ServerInvite, origin: string): Promise<string> {
    return createServerInvite(this.parts, wanted, origin);
  }

  /** One's own; a superuser's are all of them. Those into a group are for its members, and superusers. */
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
    this.record("invite_revoked", known, { by: session.userId, ...placeOf(client) });
  }

  /** The preview that a person with the link may see before they are let in. */
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

  /** The group, as the person sees it who is in it now; null: the server alone. */
  async accept(userId: number, code: string): Promise<Conversation | null> {
    const { conversation, code: known } = await this.find(code);
    const { store, maxParticipants } = this.parts;
    const joined = await this.surely(conversation?.id, () => store.accept(known, userId, maxParticipants));
    const { conversationId } = joined;
    return conversationId === undefined ? null : this.parts.conversations.joined(userId, conversationId, joined);
  }

  /** Throws where nobody may register, or not with this invite. Before the hashing of a password, which is dear. */
  async requireRegistration(code: string | undefined): Promise<void> {
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

  /** Makes an account and lets it in by the invite. `undefined`: the e-mail is taken. */
  async register(code: string, user: NewUser): Promise<User | undefined> {
    const { conversation, code: known } = await this.find(code);
    const { store, server, maxParticipants: max } = this.parts;
    const everybodys = server.registration === "open";
    const made = await this.surely(conversation?.id, () => store.register(known, user, { max, everybodys }));
    // The new person has no socket yet that would have to hear of it.
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

  /** Of a commit whose answer got lost the group's people hear all the same. */
  private surely<T>(conversationId: string | undefined, commit: () => Promise<T>): Promise<T> {
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
    // Not the whole code: those who read the log must not come in by it.
    this.parts.security.record({ event, ...who, details: { code: `${code.slice(0, 4)}…` } });
  }
}

const ENDED = {
  expired: "This invite link has expired. Ask for a new one.",
  used_up: "This invite link was used as often as it can be. Ask for a new one.",
  revoked: "This invite link was revoked. Ask for a new one.",
};

/** The refusal of an invite that is not active, which says why. */
export const inviteEnded = (state: keyof typeof ENDED) => new Failure("invite_ended", { message: ENDED[state] });

/** The refusal of an invite by a member, where only those of superusers make accounts. */
export const notForRegistering = () =>
  new Failure("registration_by_invite", {
    message: "This invite link is for people who have an account here. Ask an admin for a link to register with.",
  });

const urlOf = (code: string, origin: string) => `${origin}/invite/${code}`;

interface ServerInvite {
  maxUses?: number;
  expiresIn?: number;
}

/** An invite to the server, made on the command line. Answers with its link. */
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
  security.record({ event: "invite_made", by: null, details: { code: `${code.slice(0, 4)}…` } });
  return urlOf(code, origin);
}

const placeOf = ({ address, network }: Caller) => ({ address, network });

const adminBy = ({ isSuperuser, userId }: Session, client: Caller): Admin | undefined =>
  isSuperuser ? { userId, ...placeOf(client) } : undefined;

function codeOf(text: string): string {
  const code = parseInviteCode(text);
  if (code === undefined) throw new Failure("invite_not_found");
  return code;
}

/** Each letter has five bits of a byte: none is likelier than another one. */
const newCode = () => Array.from(randomBytes(CODE_LENGTH), (byte) => CODE_LETTERS[byte & 31]).join("");
