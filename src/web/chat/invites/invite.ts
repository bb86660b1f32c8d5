import { client } from "../session/session.ts";

export type InviteState = "active" | "expired" | "used_up" | "revoked";

/** A link by which people come in, as those see it who may end it. */
export interface Invite {
  code: string;
  url: string;
  /** The group it leads to; `null`: the server alone. */
  conversation: { id: string; name: string | null; display_name: string } | null;
  created_by: { id: number; full_name: string };
  expires_at: string | null;
  max_uses: number | null;
  uses: number;
  state: InviteState;
}

/** The same, as everybody sees it who has the link. */
export interface InvitePreview {
  state: InviteState;
  /** People without an account can make one with it. */
  registers: boolean;
  server_name: string | null;
  conversation: { name: string | null; display_name: string; participant_count: number } | null;
  invited_by: string;
}

export interface NewInvite {
  conversation_id?: string | undefined;
  max_uses?: number | undefined;
  /** In s; `null` for never. */
  expires_in?: number | null;
}

/** Makes a link by which people come in; by default for 7 days and any number of them. */
export const makeInvite = async (which: NewInvite = {}): Promise<Invite> =>
  (await client.call("POST", "invites/", which)).data as Invite;

/** A group's links, or all that one may see; the newest first. */
export async function listInvites(conversationId: string | undefined, offset: number, limit: number) {
  const which = conversationId === undefined ? "" : `&conversation_id=${conversationId}`;
  const { data, meta } = await client.call("GET", `invites/?limit=${limit}&offset=${offset}${which}`);
  return { invites: data as Invite[], total: (meta as { total: number }).total };
}

export const revokeInvite = (code: string) => client.call("DELETE", `invites/${code}/`);

export const previewInvite = async (code: string): Promise<InvitePreview> =>
  (await client.call("GET", `invites/${encodeURIComponent(code)}/`)).data as InvitePreview;

/** Resolves with the group's id, if it leads to one. */
export async function acceptInvite(code: string): Promise<string | undefined> {
  const { data } = await client.call("POST", `invites/${encodeURIComponent(code)}/accept/`);
  return (data as { conversation: { id: string } | null }).conversation?.id;
}
