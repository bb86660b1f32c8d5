/**
 * The addresses of both pages. The server serves them, and the pages build and read them. `:id` is a value, which `?`
 * makes optional.
 */
export const CHAT_ADDRESSES = {
  home: "/",
  "sign-in": "/sign-in",
  register: "/register",
  password: "/password",
  invite: "/invite/:code",
  conversation: "/c/:id",
  settings: "/settings/:part?",
} as const;

export const ADMIN_ADDRESSES = {
  overview: "/admin",
  users: "/admin/users/:id?",
  conversations: "/admin/conversations/:id?",
  invites: "/admin/invites",
  limits: "/admin/limits",
  audit: "/admin/audit",
  settings: "/admin/settings",
} as const;

export type ChatPage = keyof typeof CHAT_ADDRESSES;
export type AdminView = keyof typeof ADMIN_ADDRESSES;

const VALUE = /\/:\w+(\??)$/;

/** Builds an address: `/c/:id` and `7` make `/c/7`. */
export const buildAddress = (pattern: string, value?: string | number) =>
  pattern.replace(VALUE, () => (value === undefined ? "" : `/${value}`));

/** Finds the entry of a path, with the value in it. A trailing slash makes no difference. */
export function readAddress<Name extends string>(
  addresses: Record<Name, string>,
  path: string,
): { name: Name; value: string | undefined } | undefined {
  for (const name in addresses) {
    const found = new RegExp(`^${addresses[name].replace(VALUE, "(?:/([^/]+))$1")}/?$`).exec(path);
    if (found) return { name, value: found[1] };
  }
  return undefined;
}
