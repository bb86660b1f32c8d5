import { Client } from "../support/client.ts";
import type { TestServer } from "../support/server.ts";

/** The same person, on another node. */
export function on(server: TestServer, person: Client): Client {
  const there = new Client(server.url);
  there.cookie = person.cookie;
  there.user = person.user;
  return there;
}
