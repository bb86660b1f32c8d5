import { pngOf } from "../../../src/server/platform/pictures/pixels.ts";
import type { ServerProcess } from "../../support/process.ts";
import { Load } from "../load/load.ts";
import type { World } from "../people.ts";
import { spreadOf } from "../spread.ts";
import { Connection } from "./connection.ts";

const [WIDTH, HEIGHT] = [4_000, 3_000];
const CHAT_RATE = 500;
const CHAT_SECONDS = 4;
const PHOTO_EVERY_MS = 1_000;

/** A JPEG of 12 megapixels, with as much detail as a camera's. */
async function photo(): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = Buffer.alloc(WIDTH * HEIGHT * 4);
  let noise = 1;
  for (let at = 0; at < bytes.length; at += 4) {
    const [x, y] = [(at / 4) % WIDTH, Math.floor(at / 4 / WIDTH)];
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    const grain = noise >>> 27;
    bytes[at] = 128 + 100 * Math.sin(x / 90) + grain;
    bytes[at + 1] = 128 + 100 * Math.cos(y / 70) + grain;
    bytes[at + 2] = ((x * y) >> 12) + grain;
    bytes[at + 3] = 255;
  }
  const jpeg = await new Bun.Image(pngOf({ width: WIDTH, height: HEIGHT, bytes })).jpeg({ quality: 85 }).blob();
  return new Uint8Array(await jpeg.arrayBuffer());
}

interface Servers {
  node: ServerProcess;
  bareServer: ServerProcess;
  cookie: string;
  rounds: number;
}

/** How long a photo takes from its first byte until people may have it, beside `Bun.Image` alone. */
export async function photoTimes({ node, bareServer, cookie, rounds }: Servers): Promise<string> {
  const bytes = await photo();
  await fetch(`${bareServer.url}/photo?offset=0`, { method: "PUT", body: bytes });
  const [ours, alone]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds + 2; round++) {
    const began = performance.now();
    await sendPhoto(node.url, cookie, bytes);
    const took = performance.now() - began;
    const answer = await fetch(`${bareServer.url}/photo`, { method: "POST" });
    const bare = Number(await answer.text());
    if (round < 2) continue;
    ours.push(took);
    alone.push(bare);
  }
  const ratios = spreadOf(ours.map((took, n) => took / (alone[n] ?? Number.NaN)));
  const [own, bare] = [spreadOf(ours), spreadOf(alone)];
  const ms = (value: number | undefined) => `${value?.toFixed(0)} ms`;
  return `a photo of 12 MP, ${(bytes.length / 1e6).toFixed(1)} MB: ready in ${ms(own?.median)}, Bun.Image alone ${ms(bare?.median)}: ${ratios?.median.toFixed(2)} (${ratios?.min.toFixed(2)}–${ratios?.max.toFixed(2)})`;
}

async function sendPhoto(url: string, cookie: string, bytes: Uint8Array<ArrayBuffer>) {
  const connection = await Connection.open(url);
  try {
    const headers = { Cookie: cookie, Origin: url, "Content-Type": "image/jpeg" };
    const { status, text } = await connection.ask({
      method: "POST",
      path: "/api/files/?name=a.jpg",
      headers,
      body: bytes,
    });
    const { data } = JSON.parse(text);
    if (status !== 201 || data.state !== "ready" || data.width !== WIDTH) throw new Error(`photo: ${status} ${text}`);
  } finally {
    connection.cut();
  }
}

/**
 * The p99 of a chat alone, beside a photo that it takes in each second, and beside another process that only decodes the
 * photo each second. The last one shows how much of the rest is the machine's lack of another core.
 */
export async function chatBesidePhotos({ node, bareServer, cookie, rounds }: Servers, world: World): Promise<string> {
  const bytes = await photo();
  await fetch(`${bareServer.url}/photo?offset=0`, { method: "PUT", body: bytes });
  const load = new Load();
  try {
    await load.connect(
      world.pairs.flatMap(({ id, members }, room) =>
        members.map((member, sender) => ({ url: `${node.url}/ws/chat/${id}/`, cookie: member.cookie, room, sender })),
      ),
    );
    await load.run({ inFlight: 1, seconds: 1 });
    const sides = {
      alone: undefined,
      beside: () => sendPhoto(node.url, cookie, bytes),
      decoding: async () => void (await fetch(`${bareServer.url}/photo`, { method: "POST" })).text(),
    };
    const p99s: Record<keyof typeof sides, number[]> = { alone: [], beside: [], decoding: [] };
    const names = Object.keys(p99s) as (keyof typeof sides)[];
    for (let round = 0; round < rounds; round++)
      for (let turn = 0; turn < names.length; turn++) {
        const name = names[(round + turn) % names.length] ?? "alone";
        p99s[name].push(await p99While(load, sides[name]));
      }
    const ms = (name: keyof typeof sides) => `${spreadOf(p99s[name])?.median.toFixed(2)} ms`;
    const ratio = (name: keyof typeof sides) => {
      const ratios = spreadOf(p99s[name].map((p99, n) => p99 / (p99s.alone[n] ?? Number.NaN)));
      return `${ratios?.median.toFixed(2)} (${ratios?.min.toFixed(2)}–${ratios?.max.toFixed(2)})`;
    };
    return `chat at ${CHAT_RATE}/s: p99 ${ms("alone")}, beside photos ${ms("beside")}: ${ratio("beside")}, beside another process that decodes them ${ms("decoding")}: ${ratio("decoding")}`;
  } finally {
    await load.stop();
  }
}

/** The p99 of the chat's messages, in ms, while the work is done each second. */
async function p99While(load: Load, work: (() => Promise<void>) | undefined): Promise<number> {
  let isOver = false;
  const working = (async () => {
    for (; work && !isOver; await Bun.sleep(PHOTO_EVERY_MS)) await work();
  })();
  const { p99, faults } = await load.run({ rate: CHAT_RATE, seconds: CHAT_SECONDS });
  isOver = true;
  await working;
  for (const fault of faults) throw new Error(fault);
  return p99;
}
