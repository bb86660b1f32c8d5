/**
 * The rights in a group: action × role. To change a rule, change the table.
 * - `owner`: made the group, or got it from the owner before.
 * - `member`: takes part in it.
 * - `admin`: a superuser of the server, who need not take part in it.
 *
 * A 1-on-1 has none of these actions: its two people stay in it, and it has no name.
 */
export const rights = {
  rename: ["owner", "member"],
  /** Chooses another picture, or removes it. */
  change_picture: ["owner", "member"],
  add_member: ["owner", "member"],
  /** Adds a person whom the owner has removed. */
  bring_back_member: ["owner"],
  remove_member: ["owner"],
  leave: ["owner", "member"],
  /** Notifies everybody by `<!all>`, or everybody who is online by `<!here>`. */
  mention_all: ["owner", "member"],
  make_invite: ["owner", "member"],
  /** The invite of another person: everybody may revoke their own. */
  revoke_invite: ["owner", "admin"],
} as const satisfies Record<string, readonly Role[]>;

export type Role = "owner" | "member" | "admin";
export type Action = keyof typeof rights;
