import { cpSync, rmSync } from "node:fs";
import { makePlace } from "./modes.ts";
import { freePort } from "./postgres.ts";
import { startTestServer, type TestServer } from "./server.ts";

/** An embedded server whose data can be copied and put back while it is stopped, always at the same address. */
export interface Restorable {
  readonly server: TestServer;
  /** Stops, copies the data aside, and starts again. */
  keepAside(): Promise<void>;
  /** Stops, puts the copy in place of the data, and starts again: all that came after it has never been. */
  putBack(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRestorable(): Promise<Restorable> {
  const place = await makePlace("embedded");
  const settings = { ...place.environment, PORT: String(await freePort()) };
  const { DATA_DIR: data = "" } = place.environment;
  const copy = `${data}.copy`;
  let server = await startTestServer("embedded", settings);
  const restart = async (meanwhile: () => void) => {
    await server.stop();
    meanwhile();
    server = await startTestServer("embedded", settings);
  };
  return {
    get server() {
      return server;
    },
    keepAside: () => restart(() => cpSync(data, copy, { recursive: true })),
    putBack: () =>
      restart(() => {
        rmSync(data, { recursive: true });
        cpSync(copy, data, { recursive: true });
      }),
    async stop() {
      await server.stop();
      place.remove();
    },
  };
}
