import type { ConfabClient } from "../../../sdk/index.ts";

export type InviteState = "active" | "expired" | "used_up" | "revoked";

/** An invite link, as people who may revoke it see it. */
export interface Invite {
  code: string;
  url: string;
  /** The group that people join; `null` for the server only. */
  conversation: { id: string; name: string | null; display_name: string } | null;
  created_by: { id: number; full_name: string };
  expires_at: string | null;
  max_uses: number | null;
  uses: number;
  state: InviteState;
}

/** An invite link, as everyone who has it sees it. */
export interface InvitePreview {
  state: InviteState;
  /** People can create an account with it. */
  registers: boolean;
  server_name: string | null;
  conversation: { name: string | null; display_name: string; participant_count: number } | null;
  invited_by: string;
}

export interface NewInvite {
  conversation_id?: string | undefined;
  max_uses?: number | undefined;
  /** Seconds; `null` for never. */
  expires_in?: number | null;
}

/** Creates an invite link. By default it works for 7 days, for any number of people. */
export const makeInvite = async (client: ConfabClient, which: NewInvite = {}): Promise<Invite> =>
  (await client.call("POST", "invites/", which)).data as Invite;

/** Lists the links of a group, or all links that you may see, newest first. */
export async function listInvites(
  client: ConfabClient,
  conversationId: string | undefined,
  offset: number,
  limit: number,
) {
  const which = conversationId === undefined ? "" : `&conversation_id=${conversationId}`;
  const { data, meta } = await client.call("GET", `invites/?limit=${limit}&offset=${offset}${which}`);
  return { invites: data as Invite[], total: (meta as { total: number }).total };
}

export const revokeInvite = (client: ConfabClient, code: string) => client.call("DELETE", `invites/${code}/`);

export const previewInvite = async (client: ConfabClient, code: string): Promise<InvitePreview> =>
  (await client.call("GET", `invites/${encodeURIComponent(code)}/`)).data as InvitePreview;

/** Joins by the link. Resolves with the id of the group, if the link has one. */
export async function acceptInvite(client: ConfabClient, code: string): Promise<string | undefined> {
  const { data } = await client.call("POST", `invites/${encodeURIComponent(code)}/accept/`);
  return (data as { conversation: { id: string } | null }).conversation?.id;
}
