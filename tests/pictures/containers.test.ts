import { beforeAll, describe, expect, test } from "bun:test";
import { piecesOf } from "../../src/server/platform/blobs/patches.ts";
import { type ContainerType, examineContainer } from "../../src/server/platform/containers/containers.ts";
import { film, hasMediaPrograms, newMedia, run } from "../support/media.ts";

/** The texts and numbers that no cleaned file may have. */
const TOLD = /59\.9|10\.75|gps|home|ann example|secret/i;
const PLACE = [
  "-metadata",
  "location=+59.9139+010.7522/",
  "-metadata",
  "title=Home",
  "-metadata",
  "artist=Ann Example",
];
/** The options by which exiftool writes what phones write, in all its places. */
const PHONE = [
  ...["-GPSLatitude=59.9139", "-GPSLatitudeRef=N", "-GPSLongitude=10.7522", "-GPSLongitudeRef=E"],
  ...["-Artist=Ann Example", "-XMP-dc:Creator=Ann Example", "-XMP:Location=Home", "-Make=Secret"],
];

/** Erases the metadata of these bytes, in the bytes. */
async function examined(type: ContainerType, bytes: Uint8Array) {
  const load = async ({ start, end }: { start: number; end: number }) => Buffer.from(bytes.slice(start, end));
  const found = await examineContainer(type, bytes.length, load);
  for (const patch of found.patches) for (const { at, bytes: piece } of piecesOf(patch)) bytes.set(piece, at);
  return found;
}

/** All that exiftool finds in each file, but for its name. */
async function toldBy(paths: readonly string[]): Promise<string[]> {
  const options = ["-j", "-a", "-ee", "-U", "-G1", "--File:all", "--System:all", "--ExifTool:all"];
  const found: unknown[] = JSON.parse(String(await run("exiftool", ...options, ...paths)));
  return found.map((told, i) => JSON.stringify(told).replace(paths[i] ?? "", ""));
}

async function cleaned(type: ContainerType, path: string) {
  const bytes = await Bun.file(path).bytes();
  const { length } = bytes;
  const found = await examined(type, bytes);
  expect({ path, reason: found.reason, length: bytes.length }).toEqual({ path, reason: undefined, length });
  const again = newMedia(path.slice(path.lastIndexOf(".") + 1));
  await Bun.write(again, bytes);
  return { ...found, path: again, bytes };
}

/** The digest of all that a person sees. */
const seenIn = async (path: string) =>
  /(heic|avif|tiff)$/.test(path)
    ? Bun.SHA256.hash(await run("convert", path, "rgba:-"), "hex")
    : String(await run("ffmpeg", "-loglevel", "error", "-i", path, "-map", "0:v", "-f", "md5", "-"));

async function picture(ending: string, ...args: string[]) {
  const path = newMedia(ending);
  await run("convert", ...args, "-size", "40x20", "gradient:red-blue", path);
  return path;
}

describe.skipIf(!hasMediaPrograms)("metadata in containers", () => {
  let samples: { type: ContainerType; path: string; size?: [number, number] }[] = [];
  beforeAll(async () => {
    const size: [number, number] = [64, 36];
    const pages = newMedia("tiff");
    const [mp4, first, mov, pieces, gp, webm, heic, avif, tiff] = await Promise.all([
      film("mp4", ...PLACE),
      film("mp4", ...PLACE, "-movflags", "faststart"),
      film("mov", ...PLACE, "-movflags", "use_metadata_tags"),
      film("mp4", ...PLACE, "-movflags", "frag_keyframe+empty_moov", "-g", "2"),
      film("3gp", ...PLACE, "-s", "176x144", "-c:v", "mpeg4"),
      film("webm", ...PLACE),
      picture("heic"),
      picture("avif"),
      picture("tiff"),
      run("convert", "-define", "tiff:endian=msb", "-size", "20x20", "xc:red", "xc:blue", pages),
    ]);
    await run("exiftool", "-q", "-m", "-overwrite_original", ...PHONE, mp4, first, mov, heic, avif, tiff, pages);
    samples = [
      { type: "video/mp4", path: mp4, size },
      { type: "video/mp4", path: first, size },
      { type: "video/quicktime", path: mov, size },
      { type: "video/mp4", path: pieces, size },
      { type: "video/3gpp", path: gp, size: [256, 144] },
      { type: "video/webm", path: webm, size },
      { type: "image/heic", path: heic },
      { type: "image/avif", path: avif },
      { type: "image/tiff", path: tiff },
      { type: "image/tiff", path: pages },
    ];
  }, 60_000);

  test("films and pictures of phones lose their places and names, and nothing that is seen", async () => {
    const before = await toldBy(samples.map(({ path }) => path));
    const clean = await Promise.all(samples.map(({ type, path }) => cleaned(type, path)));
    const after = await toldBy(clean.map(({ path }) => path));
    for (const [i, { type, path, size }] of samples.entries()) {
      expect(`${path} ${before[i]}`).toMatch(TOLD);
      expect(`${type} ${after[i]}`).not.toMatch(TOLD);
      const [bytes, shape] = [clean[i]?.bytes ?? Buffer.alloc(0), clean[i]?.shape];
      expect(Buffer.from(bytes).toString("latin1")).not.toMatch(/\+59\.9|Ann Example|Secret/);
      if (size) expect({ path, ...shape }).toMatchObject({ path, width: size[0], height: size[1] });
      expect(`${path} ${await seenIn(clean[i]?.path ?? "")}`).toBe(`${path} ${await seenIn(path)}`);
    }
  }, 60_000);

  test("a repeat after a crash changes nothing more", async () => {
    for (const { type, path } of samples) {
      const { bytes } = await cleaned(type, path);
      const digest = Bun.SHA256.hash(bytes, "hex");
      expect((await examined(type, bytes)).reason).toBeUndefined();
      expect(Bun.SHA256.hash(bytes, "hex")).toBe(digest);
    }
  });

  test("a track that tells where the camera was is erased with its samples", async () => {
    const texts = newMedia("srt");
    await Bun.write(texts, "1\n00:00:00,000 --> 00:00:00,900\nSecret 59.9139 10.7522\n");
    const path = await film("mp4", "-i", texts, "-c:s", "mov_text");
    const bytes = Buffer.from(await Bun.file(path).bytes());
    // Cameras call it a track of metadata.
    const at = bytes.indexOf("sbtl");
    expect(at).toBeGreaterThan(0);
    bytes.write("meta", at, "latin1");
    await Bun.write(path, bytes);
    expect(bytes.toString("latin1")).toContain("Secret");
    const clean = await cleaned("video/mp4", path);
    expect(Buffer.from(clean.bytes).toString("latin1")).not.toContain("Secret");
    expect(await seenIn(clean.path)).toBe(await seenIn(path));
  }, 30_000);

  test("a film is measured as it is shown", async () => {
    const made = samples[0]?.path ?? "";
    const upright = newMedia("mp4");
    const [wide, recorded] = await Promise.all([
      film("webm", "-vf", "setsar=2/1"),
      film("webm", "-live", "1", "-cluster_time_limit", "200"),
      run("ffmpeg", "-loglevel", "error", "-i", made, "-c", "copy", "-metadata:s:v", "rotate=90", upright),
    ]);
    expect((await cleaned("video/mp4", upright)).shape).toMatchObject({ width: 36, height: 64, duration: 1 });
    expect((await cleaned("video/webm", wide)).shape).toMatchObject({ width: 128, height: 36, duration: 1 });
    // A browser that records knows no lengths.
    expect((await cleaned("video/webm", recorded)).shape).toEqual({ width: 64, height: 36 });
  }, 30_000);

  test("a large film is walked by few reads, and little of it is in memory", async () => {
    const path = await film("webm", "-s", "640x360", "-live", "1", "-cluster_time_limit", "200", "-b:v", "8M");
    const bytes = await Bun.file(path).bytes();
    const reads: number[] = [];
    await examineContainer("video/webm", bytes.length, async ({ start, end }) => {
      reads.push(end - start);
      return Buffer.from(bytes.slice(start, end));
    });
    expect(Math.max(...reads)).toBeLessThanOrEqual(256 * 1024);
    expect(reads.length).toBeLessThanOrEqual(3 + bytes.length / (64 * 1024));
  }, 30_000);

  test("a broken or hostile file ends the walk, and is changed in itself alone", async () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    let unfollowed = 0;
    for (const { type, path } of samples) {
      const whole = await Bun.file(path).bytes();
      for (let n = 0; n < 60; n++) {
        const bytes = whole.slice(0, n % 3 === 0 ? random(whole.length) : whole.length);
        for (let flips = random(12); flips > 0; flips--)
          bytes[random(Math.min(bytes.length, 4_000))] = [0, 1, 127, 128, 255][random(5)] ?? 0;
        const { patches, reason } = await examined(type, bytes);
        if (reason !== undefined) unfollowed++;
        expect(patches.every(({ start, end }) => start >= 0 && end <= bytes.length)).toBe(true);
        const zeros = patches.reduce((sum, { start, end, bytes: own }) => sum + (own ? 0 : end - start), 0);
        expect(zeros).toBeLessThanOrEqual(2 * bytes.length);
      }
    }
    expect(unfollowed).toBeGreaterThan(50);
  });
});

test("a file whose parts lead in a circle, or to 2^63, ends the walk", async () => {
  const circle = Buffer.alloc(64);
  circle.set([0x49, 0x49, 42, 0, 8, 0, 0, 0, 0, 0, 8, 0, 0, 0]);
  expect(await examined("image/tiff", circle)).toEqual({ patches: [], shape: {} });
  const large = Buffer.alloc(64);
  large.set([0, 0, 0, 1, 0x6d, 0x6f, 0x6f, 0x76, 0x7f, 255, 255, 255, 255, 255, 255, 255]);
  expect((await examined("video/mp4", large)).reason).toBe("moov is cut");
  for (const type of ["video/mp4", "video/webm", "image/tiff"] as const)
    for (const length of [0, 3, 64]) expect((await examined(type, Buffer.alloc(length))).reason).toBeDefined();
});
