import { platform } from "../base/platform.ts";
import type { LateStore } from "../parts/store.ts";
import type { Http, Meta, Page } from "../parts/transport.ts";
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

/** A call without an answer for this long fails with `offline`. */
const CALL_WITHIN_MS = 20_000;

/** Calls the server's HTTP API. Outside browsers it keeps the session's cookie. */
export function createHttp(
  base: string,
  ownFetch: Fetch | undefined,
  store: LateStore,
  token: string | undefined,
): Http {
  const http: Http = {
    token,
    base: `${base}api/`,
    ownFetch,
    fetch: (path, { headers, ...init }) =>
      (ownFetch ?? platform.fetch)(http.base + path, {
        credentials: "include",
        headers: { ...http.headers(), ...headers },
        ...init,
      }),
    // Servers know the cookie by either name.
    headers: () =>
      http.token === undefined ? undefined : { Cookie: `sessionid=${http.token}; __Host-sessionid=${http.token}` },

    async call(method, path, body) {
      let response: FetchResponse;
      let envelope: Envelope;
      try {
        response = await http.fetch(path, {
          method,
          signal: AbortSignal.timeout(CALL_WITHIN_MS),
          headers: body && !(body instanceof Blob) ? { "Content-Type": "application/json" } : undefined,
          body: body instanceof Blob ? body : JSON.stringify(body),
        });
        storeCookie(response);
        envelope = (await response.json().catch(() => ({}))) as Envelope;
      } catch {
        throw new ConfabError("offline", "The server can't be reached");
      }
      const { ok, status, headers } = response;
      const { data, meta, code, message, errors } = envelope;
      if (ok && envelope.status === "success") return { data, meta };
      // An OK without our envelope comes from something in between: a hotel's sign-in page, a proxy.
      throw new ConfabError(
        code ?? (ok || status >= 500 ? "unavailable" : `http_${status}`),
        message ?? `The server answered ${status}`,
        Number(headers.get("Retry-After")) || undefined,
        errors,
      );
    },
    async page<T>(path: string, search = "", { limit = 50, offset = 0, ...more }: Page = {}) {
      const query = new URLSearchParams({ search, limit: `${limit}`, offset: `${offset}`, ...more });
      const { data, meta } = await http.call("GET", `${path}?${query}`);
      return { items: data as T[], ...meta };
    },
  };
  return http;

  /** Browsers keep the cookie themselves, and show it to no script. */
  function storeCookie({ headers }: FetchResponse) {
    for (const cookie of headers.getSetCookie?.() ?? []) {
      const value = /^(?:__Host-)?sessionid=([^;]*)/.exec(cookie)?.[1];
      if (value === undefined) continue;
      http.token = value || undefined;
      void store.set("token", http.token);
    }
  }
}
