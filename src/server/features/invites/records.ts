import type { InviteState } from "../../../protocol/invites.ts";
import type { Change } from "../../log/changes.ts";
import type { EndedRequest } from "../requests/statements.ts";

/** An invite as the store has it, at the moment of reading. */
export interface InviteRecord {
  code: string;
  /** `undefined`: an invite to the server alone. */
  conversation: { id: string; name: string | null; displayName: string; participantCount: number } | undefined;
  createdBy: { id: number; fullName: string; isSuperuser: boolean };
  createdAt: string;
  expiresAt: string | null;
  maxUses: number | null;
  uses: number;
  state: InviteState;
}

export interface NewInvite {
  code: string;
  conversationId: string | undefined;
  /** `null`: the command line, whose invites belong to the first superuser. */
  makerId: number | null;
  maxUses: number | undefined;
  /** In seconds; `undefined`: never. */
  expiresIn: number | undefined;
}

/** The group that a person joined by an invite. `change` is undefined when they were a member before. */
export interface Joined {
  conversationId: string | undefined;
  change: Change | undefined;
  /** Requests that no longer need an answer. */
  ended: EndedRequest[];
}
