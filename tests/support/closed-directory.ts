import type { Client } from "./client.ts";
import type { Mode } from "./modes.ts";
import { startTestServer, type TestServer } from "./server.ts";

/**
 * A server with DIRECTORY=shared whose people share conversations already. They meet on an open server, as strangers
 * can't meet here.
 * @param meet returns the people, whose clients then ask the closed server
 */
export async function startClosedDirectory<People extends Client[]>(
  mode: Mode,
  meet: (open: TestServer) => Promise<People>,
  settings: Record<string, string> = {},
): Promise<{ server: TestServer; people: People }> {
  const open = await startTestServer(mode);
  const people = await meet(open);
  await open.running.stop();
  const server = await startTestServer(mode, { ...open.environment, DIRECTORY: "shared", ...settings });
  for (const person of people) person.url = server.url;
  const stop = async () => {
    await server.stop();
    await open.stop();
  };
  return { server: { ...server, stop }, people };
}
