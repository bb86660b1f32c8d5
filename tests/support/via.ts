import { type Answer, Client } from "./client.ts";

/** Somebody who comes through a proxy that names these addresses. The server MUST have TRUSTED_PROXIES=1. */
export class Via extends Client {
  constructor(
    url: string,
    private readonly forwardedFor: string,
  ) {
    super(url);
  }

  override call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return super.call(method, path, body, { "X-Forwarded-For": this.forwardedFor, ...headers });
  }
}
