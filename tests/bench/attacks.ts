import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { hash } from "@node-rs/argon2";
import pino from "pino";
import { PASSWORD } from "../support/client.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { Via } from "../support/via.ts";
import { configOf, driversOf, mainOf } from "./checkout.ts";

const HELP = `bun tests/bench/attacks.ts [options]

Attacks an embedded server with its limits as they come, while somebody legitimate goes on beside, and says how both fared.

  --base FOLDER   attack another checkout first, with its dependencies installed
  --only TEXT     only the attacks that have the text in their name
`;

const { values } = parseArgs({
  options: {
    base: { type: "string" },
    only: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});
const say = (text: string) => void process.stdout.write(`${text}\n`);
if (values.help) {
  say(HELP);
  process.exit(0);
}

// Bun's fetch has 256 requests under way at most, unless it is told otherwise before it starts.
const CONCURRENCY = "BUN_CONFIG_MAX_HTTP_REQUESTS";
if (process.env[CONCURRENCY] === undefined) {
  const env = { ...process.env, [CONCURRENCY]: "4000" };
  process.exit(await Bun.spawn([process.execPath, ...process.argv.slice(1)], { env, stdout: "inherit" }).exited);
}

const OWN = resolve(import.meta.dir, "../..");
const LOGIN = "/api/users/login/";
const REGISTER = "/api/users/register/";
/** Over the limits as they come, which NO_LIMITS of the other tests takes away. */
const DEFAULTS = Object.fromEntries(
  ["ANON", "USER", "MESSAGES", "LOGIN", "REGISTER", "LOGIN_NETWORK", "LOGIN_ACCOUNT", "SENDS", "FRAMES"].map((name) => [
    `RATE_LIMIT_${name}`,
    "",
  ]),
);

interface Scene {
  server: ServerProcess;
  folder: string;
  /** Somebody at this address. */
  at(address: string): Via;
  logs: string;
}

const times = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
const ms = (since: number) => Math.round(performance.now() - since);

function tally(statuses: number[]): string {
  const counts = new Map<number, number>();
  for (const status of statuses.sort((a, b) => a - b)) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} × ${status}`).join(", ");
}

const body = (email: string) => ({
  email,
  first_name: "Some",
  last_name: "Body",
  password: PASSWORD,
  password_confirm: PASSWORD,
});

/** Does `ask` again and again until `work` has ended, and says how it went. */
async function beside(
  name: string,
  work: Promise<unknown>,
  ask: () => Promise<number>,
  everyMs: number,
): Promise<void> {
  let isOver = false;
  const ending = work.finally(() => {
    isOver = true;
  });
  const statuses: number[] = [];
  const waits: number[] = [];
  while (!isOver) {
    const since = performance.now();
    statuses.push(await ask());
    waits.push(ms(since));
    await Bun.sleep(everyMs);
  }
  await ending;
  waits.sort((a, b) => a - b);
  say(`    ${name}: ${tally(statuses)}; median ${waits[waits.length >> 1]} ms, longest ${waits.at(-1)} ms`);
}

const PROBE = `const waits = []; let goesOn = true;
  process.stdin.on("data", () => { goesOn = false; });
  while (goesOn) {
    const since = performance.now();
    await (await fetch(process.env.HEALTH)).text();
    waits.push(performance.now() - since);
    await Bun.sleep(2);
  }
  console.log(JSON.stringify(waits)); process.exit(0);`;

/** Asks for health all the time, in a process that does nothing else. */
async function healthBeside(url: string, work: Promise<unknown>): Promise<void> {
  const env = { ...process.env, HEALTH: `${url}/api/chat/health/` };
  const probe = Bun.spawn([process.execPath, "-e", PROBE], { env, stdin: "pipe", stdout: "pipe" });
  await work;
  probe.stdin.write("end");
  probe.stdin.flush();
  const waits: number[] = JSON.parse(await new Response(probe.stdout).text());
  waits.sort((a, b) => a - b);
  const at = (part: number) => Math.round(waits[Math.floor((waits.length - 1) * part)] ?? 0);
  say(`    health: ${waits.length} asked; median ${at(0.5)} ms, 99 % within ${at(0.99)} ms, longest ${at(1)} ms`);
}

/** How much the server has written of other requests than those for health. */
async function tellLogs(folder: string): Promise<void> {
  // Lines are gathered for some milliseconds.
  await Bun.sleep(500);
  const bytes = { api: 0, security: 0 };
  for (const name of readdirSync(folder)) {
    const kind = name.includes("api.log") ? "api" : "security";
    if (!name.includes(`${kind}.log`)) continue;
    for (const line of readFileSync(join(folder, name), "utf8").split("\n"))
      if (!line.includes("/health/")) bytes[kind] += line.length;
  }
  say(`    api.log ${Math.round(bytes.api / 1024)} KiB, security.log ${Math.round(bytes.security / 1024)} KiB`);
}

interface Regular {
  address: string;
  email: string;
}

/** Ten people, each of whom has signed in from an address of their own before. */
async function regulars({ at }: Scene, addressOf: (n: number) => string): Promise<Regular[]> {
  const people = [];
  for (const address of times(10, addressOf))
    people.push({ address, email: (await at(address).signUp()).user?.email ?? "" });
  return people;
}

/** They sign in one after the other, again and again, from there or from an address where nobody knows them. */
function signIn({ at }: Scene, people: Regular[], elsewhere?: (n: number) => string) {
  let n = 0;
  return async () => {
    const { address, email } = people[n % people.length] ?? { address: "", email: "" };
    const from = elsewhere?.(n) ?? address;
    n++;
    return (await at(from).post(LOGIN, { email, password: PASSWORD })).status;
  };
}

/** Twenty thousand users, among them Ann, in an empty database of this checkout. */
async function fill(folder: string, places: Record<string, string>): Promise<void> {
  const { openDriver } = await import(driversOf(folder));
  const { readConfig } = await import(configOf(folder));
  const driver = await openDriver(readConfig(places), pino({ level: "silent" }));
  await driver.migrate(true);
  const first = "Ada Ben Clara David Emil Fatima George Hana Igor Julia Kofi Lena Mario Nora Omar Paula".split(" ");
  const last = "Abbott Brandt Costa Dubois Eriksson Fischer Garcia Hansen Ivanov Jensen Keller Lopez".split(" ");
  await driver.query(
    `INSERT INTO users (email, first_name, last_name, password_hash)
     SELECT lower(f || '.' || l) || n || '@example.com', f, l, $3 FROM (
       SELECT n, ($1::text[])[1 + n % 16] AS f, ($2::text[])[1 + (n / 16) % 12] AS l FROM generate_series(1, 20000) AS n
     ) names`,
    [first, last, await hash(PASSWORD, { algorithm: 2, parallelism: 1, memoryCost: 19_456, timeCost: 2 })],
  );
  await driver.query("VACUUM ANALYZE users", []);
  await driver.close();
}

const attacks: Record<string, (scene: Scene) => Promise<void>> = {
  async "900 wrong passwords over 900 accounts, by 20 people of one address who are signed in"(scene: Scene) {
    const { at, logs } = scene;
    const attackers = [];
    for (const n of times(20, (n) => n)) attackers.push(await at(`198.51.100.${n}`).signUp());
    const people = await regulars(scene, (n) => `203.0.113.${n}`);
    const since = performance.now();
    const attack = Promise.all(
      attackers.map(async (attacker, n) => {
        const here = Object.assign(at("192.0.2.1"), { cookie: attacker.cookie });
        const statuses = [];
        for (const i of times(45, (i) => i))
          statuses.push(
            (await here.post(LOGIN, { email: `a${n}.${i}@example.com`, password: "wrong password" })).status,
          );
        return statuses;
      }),
    );
    await beside("a person signs in from elsewhere", attack, signIn(scene, people), 650);
    say(`    the attack: ${tally((await attack).flat())} in ${ms(since)} ms`);
    await tellLogs(logs);
  },

  async "40 registrations by people of one address who are signed in"({ at }) {
    const people = [];
    for (const n of times(20, (n) => n)) people.push(await at(`198.51.100.${n}`).signUp());
    const since = performance.now();
    const attack = Promise.all(
      people.flatMap((person, n) =>
        times(2, async (i) => {
          const here = Object.assign(at("192.0.2.2"), { cookie: person.cookie });
          return (await here.post(REGISTER, body(`r${n}.${i}@example.com`))).status;
        }),
      ),
    );
    let n = 0;
    const register = async () => (await at(`203.0.113.${++n}`).post(REGISTER, body(`l${n}@example.com`))).status;
    await beside("a person registers from elsewhere", attack, register, 100);
    say(`    the attack: ${tally(await attack)} in ${ms(since)} ms`);
  },

  async "600 networks of one /48 that wait for their passwords"(scene: Scene) {
    const { at } = scene;
    const neighbour = (n: number) => `2001:db8:1:${n.toString(16)}::1`;
    const neighbours = await regulars(scene, (n) => neighbour(60_000 + n));
    const others = await regulars(scene, (n) => `203.0.113.${n}`);
    const since = performance.now();
    const attack = Promise.all(
      times(600, async (n) => {
        const guess = { email: `q${n}@example.com`, password: "wrong password" };
        return (await at(neighbour(n)).post(LOGIN, guess)).status;
      }),
    );
    await Bun.sleep(300);
    await Promise.all([
      beside("a person who signed in from a network of that /48 before", attack, signIn(scene, neighbours), 650),
      beside(
        "a person from elsewhere",
        attack,
        signIn(scene, others, (n) => `198.51.100.${n}`),
        650,
      ),
    ]);
    say(`    the attack: ${tally(await attack)} in ${ms(since)} ms`);
  },

  async "refused requests for 20 seconds"({ at, logs, server }) {
    const until = performance.now() + 20_000;
    let asked = 0;
    const attack = Promise.all(
      times(16, async () => {
        while (performance.now() < until) {
          await at("192.0.2.3").get("/api/users/profile/");
          asked++;
        }
      }),
    );
    await healthBeside(server.url, attack);
    say(`    the attack: ${asked} requests`);
    await tellLogs(logs);
  },

  async "70 searches at once by one user among 20,000"({ at, server }) {
    const ann = await at("203.0.113.5").logIn("ben.abbott1@example.com");
    const searches = ["", "ann", "fischer", "a", "rosa keller", "zzz", "@example.com"];
    const since = performance.now();
    const attack = Promise.all(
      times(70, async (n) => (await ann.get(`/api/users/list/?search=${searches[n % searches.length]}`)).status),
    );
    await healthBeside(server.url, attack);
    say(`    the searches: ${tally(await attack)} in ${ms(since)} ms`);
  },
};

for (const folder of values.base === undefined ? [OWN] : [resolve(values.base), OWN]) {
  say(folder === OWN ? "This checkout" : "The other checkout");
  for (const [name, attack] of Object.entries(attacks).filter(([name]) => name.includes(values.only))) {
    say(`  ${name}`);
    const home = mkdtempSync(join(tmpdir(), "confab-attack-"));
    const places = { DATA_DIR: join(home, "data"), STATE_DIR: join(home, "state"), LOG_DIR: join(home, "logs") };
    if (name.includes("20,000")) await fill(folder, places);
    const program = [process.execPath, "--no-env-file", mainOf(folder)];
    const server = await spawnServer({ ...DEFAULTS, ...places, TRUSTED_PROXIES: "1" }, { program, cwd: folder });
    try {
      await attack({ server, folder, at: (address) => new Via(server.url, address), logs: places.LOG_DIR });
    } finally {
      server.kill("SIGTERM");
      await server.exited;
      rmSync(home, { recursive: true, force: true });
    }
  }
}
process.exit(0);
