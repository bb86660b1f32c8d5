import { join } from "node:path";
import postgres from "postgres";
import { type Client, PASSWORD } from "./client.ts";
import type { TestServer } from "./server.ts";

/** A new person who is a superuser, logged in. */
export async function superuser(server: TestServer, firstName?: string): Promise<Client> {
  return promote(server, await server.visitor().signUp(firstName));
}

/** Makes somebody a superuser; MUST be called before the server has cached their session. */
export async function promote(server: TestServer, person: Client): Promise<Client> {
  const email = person.user?.email ?? "";
  const { DATABASE_URL, DATA_DIR } = server.environment;
  if (DATABASE_URL === undefined) {
    const body = { do: "promote", email, password: PASSWORD };
    const unix = join(DATA_DIR ?? "", "confab.sock");
    await fetch("http://confab/accounts", { unix, method: "POST", body: JSON.stringify(body) });
    // It has ended the session.
    return person.logIn(email);
  }
  const sql = postgres(DATABASE_URL, { max: 1 });
  await sql`UPDATE users SET is_superuser = true WHERE email = ${email}`;
  await sql.end();
  return person;
}
