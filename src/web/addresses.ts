/**
 * The addresses of the pages. The server serves them, and the pages build and read them. `:id` is a value. `?` makes the
 * last one optional.
 */
export const CHAT_ADDRESSES = {
  home: "/",
  "sign-in": "/sign-in",
  register: "/register",
  password: "/password",
  invite: "/invite/:code",
  conversation: "/c/:id/:seq?",
  thread: "/c/:id/t/:seq",
  threads: "/threads",
  mentions: "/mentions",
  people: "/people",
  archive: "/archive",
  saved: "/saved",
  scheduled: "/scheduled",
  search: "/search",
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

/** The reference of the API names its parts after the `#`. */
export const REFERENCE_ADDRESS = "/api/docs";

export type ChatPage = keyof typeof CHAT_ADDRESSES;
export type AdminView = keyof typeof ADMIN_ADDRESSES;

const VALUES = /\/:\w+(\??)/g;

/** Builds an address: `/c/:id` and `7` make `/c/7`. */
export const buildAddress = (pattern: string, ...values: (string | number | undefined)[]) =>
  pattern.replace(VALUES, () => {
    const value = values.shift();
    return value === undefined ? "" : `/${value}`;
  });

/** Finds the entry of a path, with the values in it. A trailing slash makes no difference. */
export function readAddress<Name extends string>(
  addresses: Record<Name, string>,
  path: string,
): { name: Name; value: string | undefined; second?: string | undefined } | undefined {
  for (const name in addresses) {
    const found = new RegExp(`^${addresses[name].replace(VALUES, "(?:/([^/]+))$1")}/?$`).exec(path);
    if (found) return { name, value: found[1], second: found[2] };
  }
  return undefined;
}
