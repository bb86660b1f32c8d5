import type { LateStore } from "../offline/store.ts";
import type { Fetch, FetchResponse } from "../public/client.ts";
import { ConfabError } from "../public/errors.ts";

interface Envelope {
  status?: string;
  data?: unknown;
  meta: Meta;
  message?: string;
  code?: string;
  errors?: Record<string, string[]>;
}

/** Of lists only. */
interface Meta {
  total: number;
  /** Of the list of conversations, over all there are. Servers of earlier releases don't tell it. */
  unread?: { messages: number };
  next_after: number | null;
  /** People who got a request. Left out when there are none. */
  requested?: number[];
}

type Page<T> = Meta & { items: T[] };

const PATIENCE_MS = 20_000;

export type Http = ReturnType<typeof createHttp>;

/** Calls the server's HTTP API; outside browsers it keeps the session's cookie. */
export function createHttp(base: string, fetch: Fetch, store: LateStore, token: string | undefined) {
  const http = {
    token,
    /** For what must be sent along outside browsers; there the browser does it. Servers know it by either name. */
    headers: () =>
      http.token === undefined ? undefined : { Cookie: `sessionid=${http.token}; __Host-sessionid=${http.token}` },

    /** @throws ConfabError: what the server said, or `offline` */
    async call(method: string, path: string, body?: object): Promise<{ data: unknown; meta: Meta }> {
      let response: FetchResponse;
      let envelope: Envelope;
      try {
        response = await fetch(`${base}api/${path}`, {
          method,
          credentials: "include",
          signal: AbortSignal.timeout(PATIENCE_MS),
          headers: { ...http.headers(), ...(body && { "Content-Type": "application/json" }) },
          body: JSON.stringify(body),
        });
        keepCookie(response);
        envelope = (await response.json().catch(() => ({}))) as Envelope;
      } catch {
        throw new ConfabError("offline", "The server can't be reached");
      }
      const { ok, status, headers } = response;
      const { data, meta, code, message, errors } = envelope;
      if (ok && envelope.status === "success") return { data, meta };
      // An OK that is none of ours is from somebody in between: a hotel's sign-in page, a proxy.
      throw new ConfabError(
        code ?? (ok || status >= 500 ? "unavailable" : `http_${status}`),
        message ?? `The server answered ${status}`,
        Number(headers.get("Retry-After")) || undefined,
        errors,
      );
    },
    /** One page of a list, and how many there are in all. */
    async page<T>(path: string, search = "", { limit = 50, offset = 0 } = {}): Promise<Page<T>> {
      const query = `${new URLSearchParams({ search })}&limit=${limit}&offset=${offset}`;
      const { data, meta } = await http.call("GET", `${path}?${query}`);
      return { items: data as T[], ...meta };
    },
  };
  return http;

  /** Browsers keep it themselves, and show it to nobody. */
  function keepCookie({ headers }: FetchResponse) {
    for (const cookie of headers.getSetCookie?.() ?? []) {
      const value = /^(?:__Host-)?sessionid=([^;]*)/.exec(cookie)?.[1];
      if (value === undefined) continue;
      http.token = value || undefined;
      void store.set("token", http.token);
    }
  }
}
