import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { engines, packageManager } from "../../package.json";
import { readConfig } from "../../src/server/config.ts";
import { settings } from "../../src/server/settings.ts";

const ROOT = join(import.meta.dir, "../..");
const read = (path: string) => Bun.file(join(ROOT, path)).text();
const yaml = async (path: string): Promise<unknown> => Bun.YAML.parse(await read(path));

const BUN = packageManager.split("@")[1];
const COMPOSE_FILES = ["docker-compose.yml", "docker-compose.prod.yml"];
const GUIDES = readdirSync(join(ROOT, "docs/deploy")).map((name) => `docs/deploy/${name}`);

/** Settings of others, documented by them: the images, Bun, postgres.js, Compose, the hosts. */
const FOREIGN = new Set([
  ...["POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"],
  ...["BUN_TMPDIR", "NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED", "PGSSL", "REDISCLI_AUTH"],
  // Of PostgreSQL, in CREATE DATABASE.
  "LC_CTYPE",
  // Of docker-compose.prod.yml and deploy/Caddyfile.
  ...["DOMAIN", "NODES"],
  // Of createsuperuser.
  "SUPERUSER_PASSWORD",
]);
const isKnown = (name: string) => Object.hasOwn(settings, name) || FOREIGN.has(name);

// Of the Compose specification as much as these files use; strict, so that a misspelt key is a fault.
const healthcheck = z.strictObject({
  test: z.array(z.string()).min(2),
  interval: z.string(),
  timeout: z.string(),
  retries: z.number(),
  start_period: z.string().optional(),
});
const names = z.array(z.string());
const service = z.strictObject({
  build: z.string().optional(),
  image: z.string(),
  command: names.optional(),
  user: z.string().optional(),
  ports: names.optional(),
  environment: z.record(z.string(), z.string()).optional(),
  secrets: names.optional(),
  volumes: names.optional(),
  tmpfs: names.optional(),
  networks: names.optional(),
  shm_size: z.string().optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal("service_healthy") })).optional(),
  healthcheck,
  read_only: z.boolean().optional(),
  cap_drop: names.optional(),
  cap_add: names.optional(),
  security_opt: names.optional(),
  restart: z.string(),
  stop_grace_period: z.string().optional(),
  logging: z.strictObject({ driver: z.string(), options: z.record(z.string(), z.string()) }).optional(),
  deploy: z
    .strictObject({
      resources: z.strictObject({
        limits: z.strictObject({ cpus: z.string(), memory: z.string(), pids: z.number() }),
      }),
    })
    .optional(),
});
const compose = z.strictObject({
  name: z.string().optional(),
  "x-hardened": z.unknown().optional(),
  "x-web": z.unknown().optional(),
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.strictObject({ internal: z.boolean() }).nullable()).optional(),
  volumes: z.record(z.string(), z.null()).optional(),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })).optional(),
});

describe.each(COMPOSE_FILES)("%s", (file) => {
  test("is a compose file without a dangling name", async () => {
    const { services, networks = {}, volumes = {}, secrets = {} } = compose.parse(await yaml(file));
    expect(Object.keys(services)).not.toBeEmpty();
    for (const one of Object.values(services)) {
      expect(Object.keys(one.depends_on ?? {}).filter((name) => !Object.hasOwn(services, name))).toEqual([]);
      expect((one.networks ?? []).filter((name) => !Object.hasOwn(networks, name))).toEqual([]);
      expect((one.secrets ?? []).filter((name) => !Object.hasOwn(secrets, name))).toEqual([]);
      const named = (one.volumes ?? [])
        .map((volume) => volume.split(":")[0] ?? "")
        .filter((name) => !/^[./]/.test(name));
      expect(named.filter((name) => !Object.hasOwn(volumes, name))).toEqual([]);
    }
  });

  test("sets only settings that a program reads", async () => {
    const { services } = compose.parse(await yaml(file));
    const set = Object.values(services).flatMap(({ environment = {} }) => Object.keys(environment));
    expect(set).not.toBeEmpty();
    expect(set.filter((name) => !isKnown(name))).toEqual([]);
    for (const { image, environment = {} } of Object.values(services))
      if (image === "confab") expect(() => readConfig(environment)).not.toThrow();
  });
});

test("in production nothing but the proxy is reachable, and nobody has more rights than needed", async () => {
  const { services, networks } = compose.parse(await yaml("docker-compose.prod.yml"));
  expect(Object.keys(services).filter((name) => services[name]?.ports)).toEqual(["proxy"]);
  for (const [name, one] of Object.entries(services)) {
    expect(one).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    expect(Number.parseInt(one.stop_grace_period ?? "0", 10)).toBeGreaterThanOrEqual(15);
    if (name !== "proxy")
      expect(one.networks?.map((network) => networks?.[network]?.internal)).not.toContain(undefined);
  }
  expect(Object.values(services).filter(({ image }) => image === "confab")).toHaveLength(2);
  expect(await read("docker-compose.prod.yml")).not.toMatch(/PASSWORD: |:\/\/[^/\s]*:[^/\s]*@/);
});

test("make-secrets.sh makes every secret of the production file, and valid settings", async () => {
  const { secrets = {} } = compose.parse(await yaml("docker-compose.prod.yml"));
  const folder = `${process.env["TMPDIR"] ?? "/tmp"}/confab-secrets-${process.pid}`;
  try {
    expect(Bun.spawnSync(["sh", join(ROOT, "deploy/make-secrets.sh"), folder]).exitCode).toBe(0);
    const made = readdirSync(folder).filter((name) => !name.startsWith("."));
    expect(made.sort()).toEqual(Object.keys(secrets).sort());
    const settingsMade = await Bun.file(join(folder, "confab.env")).text();
    const environment = Object.fromEntries(settingsMade.trim().split("\n").map(splitAssignment));
    expect(Object.keys(environment).filter((name) => !isKnown(name))).toEqual([]);
    expect(readConfig(environment).DATABASE_URL).toContain(await Bun.file(join(folder, "postgres_password")).text());
  } finally {
    Bun.spawnSync(["rm", "-rf", folder]);
  }
});

function splitAssignment(line: string): [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}

describe("Dockerfile", () => {
  test("builds with the Bun that package.json names", async () => {
    const tags = [...(await read("Dockerfile")).matchAll(/^FROM oven\/bun:(\S+)/gm)].map(([, tag]) => tag);
    expect(tags).toEqual([BUN]);
    expect(engines.bun).toBe(`>=${BUN}`);
  });

  test("sets only settings that a program reads, and ends as a user without rights, with a health check", async () => {
    const text = (await read("Dockerfile")).replace(/\\\n/g, " ");
    const set = [...text.matchAll(/^ENV (.*)$/gm)].flatMap(([, line = ""]) =>
      line.trim().split(/\s+/).map(splitAssignment),
    );
    expect(set).not.toBeEmpty();
    expect(set.map(([name]) => name).filter((name) => !isKnown(name))).toEqual([]);
    expect(() => readConfig(Object.fromEntries(set))).not.toThrow();
    expect(text).toMatch(/^USER 10001:10001$/m);
    expect(text).toMatch(/^HEALTHCHECK .*CMD \["confab", "healthcheck"\]$/m);
    expect(text).toMatch(new RegExp(`^EXPOSE ${settings.PORT.default}$`, "m"));
  });
});

const step = z.strictObject({
  name: z.string().optional(),
  uses: z
    .string()
    .regex(/^[\w-]+\/[\w-]+@v\d+(\.\d+)*$/)
    .optional(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  env: z.record(z.string(), z.string()).optional(),
  run: z.string().optional(),
});
const workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  permissions: z.strictObject({ contents: z.literal("read") }),
  concurrency: z.strictObject({ group: z.string(), "cancel-in-progress": z.string() }),
  jobs: z.record(
    z.string(),
    z.strictObject({
      name: z.string(),
      "runs-on": z.string(),
      "timeout-minutes": z.number(),
      steps: z.array(step.refine(({ uses, run }) => (uses === undefined) !== (run === undefined))),
    }),
  ),
});

test("the workflow pins its actions, takes Bun from package.json, and calls existing scripts", async () => {
  const { jobs } = workflow.parse(await yaml(".github/workflows/ci.yml"));
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const setups = steps.filter(({ uses }) => uses?.startsWith("oven-sh/setup-bun@"));
  expect(setups).not.toBeEmpty();
  for (const setup of setups) expect(setup.with).toEqual({ "bun-version-file": "package.json" });
  const { scripts }: { scripts: Record<string, string> } = await Bun.file(join(ROOT, "package.json")).json();
  const called = steps.flatMap(({ run = "" }) => [...run.matchAll(/bun run ([\w-]+)/g)].map(([, name]) => name));
  expect(called).toContain("test");
  expect(called.filter((name) => !Object.hasOwn(scripts, name ?? ""))).toEqual([]);
});

test("the workflow installs what .ci/run installs, and Chrome is on its machine already", async () => {
  const local = await read(".ci/run");
  const packages = [...local.matchAll(/missing\+=\((.+?)\)/g)].map(([, name = ""]) => name);
  const [deno = ""] = /deno@[\d.]+/.exec(local) ?? [];
  const workflow = await read(".github/workflows/ci.yml");
  const [, installed = ""] = /apt-get install (.+)/.exec(workflow) ?? [];
  expect(
    installed
      .split(" ")
      .filter((name) => /^[a-z]/.test(name))
      .sort(),
  ).toEqual(packages.filter((name) => !name.startsWith("chromium")).sort());
  expect(deno).not.toBeEmpty();
  expect(workflow).toContain(deno);
});

test("the systemd unit sets only settings that a program reads", async () => {
  const unit = await read("deploy/confab.service");
  const set = [...unit.matchAll(/^Environment=(.*)$/gm)].map(([, line = ""]) => splitAssignment(line));
  expect(set).not.toBeEmpty();
  expect(set.map(([name]) => name).filter((name) => !isKnown(name))).toEqual([]);
  expect(() => readConfig(Object.fromEntries(set))).not.toThrow();
});

test("the task definition for ECS is JSON, and a program reads each of its settings", async () => {
  const { containerDefinitions } = z
    .object({
      containerDefinitions: z.array(
        z.object({
          environment: z.array(z.strictObject({ name: z.string(), value: z.string() })),
          secrets: z.array(z.strictObject({ name: z.string(), valueFrom: z.string() })),
          healthCheck: z.object({ command: z.array(z.string()) }),
          stopTimeout: z.number().min(15),
        }),
      ),
    })
    .parse(await Bun.file(join(ROOT, "deploy/ecs-task-definition.json")).json());
  for (const { environment, secrets } of containerDefinitions) {
    expect([...environment, ...secrets].map(({ name }) => name).filter((name) => !isKnown(name))).toEqual([]);
    expect(() => readConfig(Object.fromEntries(environment.map(({ name, value }) => [name, value])))).not.toThrow();
  }
});

describe.each(GUIDES)("%s", (guide) => {
  test("names only existing settings", async () => {
    const text = await read(guide);
    // An assignment of any name, and whatever looks like one of our settings.
    const assigned = [...text.matchAll(/(?<![\w$./-])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{3,})=/g)].map(
      ([, name]) => name,
    );
    const quoted = [...text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].map(([, name]) => name);
    const placeholders = new Set([...text.matchAll(/^ *([A-Z_]+)=.*# yours$/gm)].map(([, name]) => name));
    const unknown = [...assigned, ...quoted].filter((name = "") => !isKnown(name) && !placeholders.has(name));
    expect(unknown).toEqual([]);
  });

  test("names only existing files", async () => {
    const links = [...(await read(guide)).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = ""]) => link);
    for (const link of links) expect(await Bun.file(join(ROOT, "docs/deploy", link)).exists()).toBe(true);
    const files = [...(await read(guide)).matchAll(/\bdeploy\/[\w-]+\.(?:sh|json|conf|service)\b/g)].map(
      ([path]) => path,
    );
    for (const path of files.filter((path) => !path.startsWith("docs/")))
      expect([path, await Bun.file(join(ROOT, path)).exists()]).toEqual([path, true]);
  });
});
