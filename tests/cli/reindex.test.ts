import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachDatabase, makePlace, type Place } from "../support/modes.ts";
import { CONFAB, run, type ServerProcess, spawnServer } from "../support/process.ts";

setDefaultTimeout(120_000);
/** The messages that are indexed at once. */
const RUN = 16;

inEachDatabase("confab reindex", (mode) => {
  let place: Place | undefined;
  let server: ServerProcess | undefined;
  afterEach(async () => {
    server?.kill("SIGKILL");
    await server?.exited;
    place?.remove();
  });

  const stop = async () => {
    server?.kill("SIGTERM");
    expect(await server?.exited).toBe(0);
  };
  const found = async (person: Client, q: string) =>
    (await person.get(`/api/chat/search/?q=${encodeURIComponent(`${q} `)}&limit=50`)).body.data.results.length;

  test("finds older messages by their stems after a change of the languages, while the server serves", async () => {
    place = await makePlace(mode);
    server = await spawnServer(place.environment);
    const [ann, bob] = [await server.visitor().signUp("Ann"), await server.visitor().signUp("Bob")];
    const conversations = [
      await ann.conversation([bob]),
      await ann.conversation([bob, await server.visitor().signUp("Eve")], "Homes"),
    ];
    for (const { id } of conversations) for (let i = 0; i < RUN; i++) await ann.send(id, `we are running ${i}`);
    // A server that stops indexes the complete runs.
    await stop();

    const environment = { ...place.environment, SEARCH_LANGUAGES: "english" };
    server = await spawnServer(environment);
    const here = ann.at(server.url);
    expect(await found(here, "running")).toBe(2 * RUN);
    expect(await found(here, "run")).toBe(0);
    const { code, stdout, stderr } = await run(["reindex"], environment);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    expect(stdout + stderr).toContain("The messages of 2 conversations were indexed.");
    expect(await found(here, "run")).toBe(2 * RUN);
    await here.send(conversations[0]?.id ?? "", "more running");
    expect(await found(here, "run")).toBe(2 * RUN + 1);
    await stop();

    // Without a server it does the same, and a run that was ended goes on.
    const ended = Bun.spawn([...CONFAB, "reindex"], {
      env: { PATH: process.env["PATH"], ...place.environment, SEARCH_LANGUAGES: "german" },
      stdout: "ignore",
      stderr: "ignore",
    });
    await Bun.sleep(700);
    ended.kill("SIGKILL");
    await ended.exited;
    const again = await run(["reindex"], { ...place.environment, SEARCH_LANGUAGES: "german" });
    expect(again).toMatchObject({ code: 0 });
    server = await spawnServer({ ...place.environment, SEARCH_LANGUAGES: "german" });
    expect(await found(ann.at(server.url), "run")).toBe(0);
    expect(await found(ann.at(server.url), "running")).toBe(2 * RUN + 1);
  });

  test("refuses an argument, and says how it is called", async () => {
    place = await makePlace(mode);
    const { code, stderr } = await run(["reindex", "now"], place.environment);
    expect(code).toBe(2);
    expect(stderr).toBe("confab: Unexpected argument: now\nTry: confab --help\n");
  });
});
