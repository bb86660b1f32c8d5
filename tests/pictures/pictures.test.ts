import { expect, test } from "bun:test";
import { deflateSync } from "node:zlib";
import pino from "pino";
import { piecesOf } from "../../src/server/platform/blobs/patches.ts";
import { mediaTypeOf } from "../../src/server/platform/pictures/media-type.ts";
import { type PictureBlobs, Pictures } from "../../src/server/platform/pictures/pictures.ts";
import { pixelsOf } from "../../src/server/platform/pictures/pixels.ts";
import { convert, convertFrom, describeWithImageMagick } from "../support/image-magick.ts";
import { BLUE, GREEN, picture, plain, RED } from "../support/pictures.ts";
import { chunk, SECRET, tellingJpeg, tellingPng, tellingWebp } from "./fixtures.ts";

const KEY = "files/019ab3c4-5d6e-7f80-8a1b-2c3d4e5f6071";
const PLAIN = "application/octet-stream";

/** The store of one file, and how often it was written. */
function storeOf(bytes: Uint8Array<ArrayBuffer>) {
  const stored = new Map<string, Uint8Array<ArrayBuffer>>([[KEY, bytes]]);
  let writes = 0;
  const blobs: PictureBlobs = {
    size: async (key) => stored.get(key)?.length,
    read: async (key, range) => {
      const all = stored.get(key);
      return all && new Blob([range ? all.slice(range.start, range.end) : all]);
    },
    put: async (key, written) => {
      writes++;
      stored.set(key, written);
    },
    overwrite: async (key, patches) => {
      const all = stored.get(key);
      for (const patch of patches) for (const { at, bytes } of piecesOf(patch)) all?.set(bytes, at);
    },
    delete: async (key) => void stored.delete(key),
  };
  return { stored, pictures: new Pictures(blobs, pino({ level: "silent" })), writes: () => writes };
}

async function described(bytes: Uint8Array<ArrayBuffer>, claimed?: string) {
  const { stored, pictures } = storeOf(bytes);
  const { type, details, bytes: length } = await pictures.describe(KEY, claimed);
  const kept = Buffer.from(stored.get(KEY) ?? []);
  expect(length).toBe(kept.length);
  return { type, details, kept };
}

/** The pixels as a browser shows them: JPEG turned by its orientation, others as they lie. */
const shown = async (bytes: Buffer<ArrayBuffer>) => pixelsOf(Buffer.from(await new Bun.Image(bytes).png().bytes()));

function colourAt({ width, bytes }: Awaited<ReturnType<typeof shown>>, x: number, y: number) {
  const [r = 0, g = 0, b = 0] = bytes.subarray((y * width + x) * 4);
  const is = (colour: readonly number[]) => colour.every((part, i) => Math.abs(part - ([r, g, b][i] ?? 0)) < 60);
  return is(RED) ? "red" : is(BLUE) ? "blue" : is(GREEN) ? "green" : `${r},${g},${b}`;
}

/** Red at the left, blue at the right, and a green corner at the top left: all eight orientations look different. */
const FLAG = picture(80, 40, (x, y) => (x < 20 && y < 20 ? GREEN : x < 40 ? RED : BLUE));
/** Stored so that each orientation shows the flag. The arguments are ImageMagick's. */
const STORED: string[][] = [
  [],
  ["-flop"],
  ["-rotate", "180"],
  ["-flip"],
  ["-transpose"],
  ["-rotate", "270"],
  ["-transverse"],
  ["-rotate", "90"],
];

test("a type is told by the bytes, and never one that a browser runs", async () => {
  const typeOf = (text: string, claimed?: string) => mediaTypeOf(Buffer.from(text, "latin1"), claimed);
  expect(await typeOf("<!doctype html><script>alert(1)</script>", "image/png")).toBe("text/plain");
  expect(await typeOf("<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>")).toBe("text/plain");
  expect(await typeOf("<svg onload=alert(1)>", "image/jpeg")).toBe("text/plain");
  expect(await typeOf("Grüße".replace("ü", "\xc3\xbc").replace("ß", "\xc3\x9f"))).toBe("text/plain");
  expect(await typeOf("%PDF-1.4\n")).toBe("application/pdf");
  expect(await typeOf("PK\x03\x04")).toBe("application/zip");
  expect(await typeOf("\0\x01\x02", "text/html")).toBe(PLAIN);
  expect(await typeOf("", "image/png")).toBe(PLAIN);
  expect(await typeOf("\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm A_OPUS")).toBe("audio/webm");
  expect(await typeOf("\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm V_VP8 A_OPUS")).toBe("video/webm");
  expect(await typeOf("\0\0\0\x18ftypmp42\0\0\0\0mp42isom soun")).toBe("audio/mp4");
  expect(await typeOf("\0\0\0\x18ftypmp42\0\0\0\0mp42isom vide soun", "audio/mp4")).toBe("video/mp4");
});

test("a PNG with a huge canvas is kept as a plain file, and is not unpacked", async () => {
  const header = Buffer.from([0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20, 8, 6, 0, 0, 0]);
  const bomb = Buffer.concat([
    FLAG.subarray(0, 8),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(20_001 * 1_000))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  const before = process.memoryUsage().rss;
  expect(await described(bomb)).toMatchObject({ type: PLAIN, details: {} });
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
});

test("texts, EXIF and private parts of a PNG go, and its pixels stay", async () => {
  const { type, details, kept } = await described(tellingPng(FLAG, 1));
  expect({ type, details }).toMatchObject({ type: "image/png", details: { width: 80, height: 40 } });
  expect(kept.includes(SECRET)).toBe(false);
  expect(kept.equals(FLAG)).toBe(true);
});

test("a picture is described again after a crash with the same outcome, and not written again", async () => {
  const { pictures, writes } = storeOf(tellingPng(FLAG, 1));
  const first = await pictures.describe(KEY);
  expect(await pictures.describe(KEY)).toEqual(first);
  expect(writes()).toBe(1);
});

test("a smaller picture is made once for all who ask, and again for nobody", async () => {
  const { stored, pictures, writes } = storeOf(picture(900, 600, (x, y) => [x % 256, y % 256, (x * y) % 256]));
  await pictures.describe(KEY);
  const asked = await Promise.all(Array.from({ length: 20 }, () => pictures.smaller(KEY, 320)));
  expect(new Set(asked)).toEqual(new Set([`${KEY}-320.webp`]));
  expect(writes()).toBe(1);
  const small = stored.get(`${KEY}-320.webp`) ?? new Uint8Array();
  expect(await new Bun.Image(small).metadata()).toEqual({ width: 320, height: 213, format: "webp" });
  expect(await pictures.smaller(KEY, 320)).toBe(`${KEY}-320.webp`);
  expect(writes()).toBe(1);
  expect(pictures.keysBeside(KEY)).toContain(`${KEY}-320.webp`);
});

test("a smaller picture of a removed file leaves nothing behind", async () => {
  const { stored, pictures } = storeOf(plain(RED));
  stored.delete(KEY);
  await pictures.smaller(KEY, 320).catch(() => {});
  expect([...stored.keys()]).toEqual([]);
});

test("a file that is cut anywhere yields a picture, a plain file, or nothing worse", async () => {
  const jpeg = Buffer.from(await new Bun.Image(FLAG).jpeg().bytes());
  for (const whole of [tellingJpeg(jpeg, 6), tellingPng(FLAG, 6)])
    for (let length = 0; length < whole.length; length += 7) {
      const { type, kept } = await described(whole.subarray(0, length));
      expect([PLAIN, "text/plain", "image/jpeg", "image/png"]).toContain(type);
      // The orientation may take more bytes than the block that had it.
      expect(kept.length).toBeLessThanOrEqual(length + 40);
    }
});

describeWithImageMagick("pictures of cameras and editors", () => {
  const from = (ending: string, ...args: string[]) => convertFrom(FLAG, ending, ...args);

  test("a JPEG of any orientation stands upright, and keeps neither place nor text nor second picture", async () => {
    for (const [i, args] of STORED.entries()) {
      const { type, details, kept } = await described(tellingJpeg(await from("jpg", ...args, "-quality", "95"), i + 1));
      expect({ i, type, ...details }).toMatchObject({ i, type: "image/jpeg", width: 80, height: 40 });
      expect(kept.includes(SECRET) || kept.includes("script")).toBe(false);
      const pixels = await shown(kept);
      expect([i, colourAt(pixels, 4, 4), colourAt(pixels, 30, 30), colourAt(pixels, 70, 20)]).toEqual([
        i,
        "green",
        "red",
        "blue",
      ]);
      // An upright picture needs no EXIF.
      expect(kept.subarray(2, 4).toString("hex")).toBe(i === 0 ? "ffe0" : "ffe1");
    }
  });

  test("a PNG and a WebP of any orientation are turned for good", async () => {
    for (const [i, args] of STORED.entries()) {
      const png = await from("png", ...args, "-define", "png:color-type=6");
      const webp = await from("webp", ...args, "-define", "webp:lossless=true");
      const { width, height } = await new Bun.Image(webp).metadata();
      for (const telling of [tellingPng(png, i + 1), tellingWebp(webp, width, height, i + 1)]) {
        const { details, kept } = await described(telling);
        expect({ i, ...details }).toMatchObject({ i, width: 80, height: 40 });
        expect(kept.includes(SECRET)).toBe(false);
        const pixels = await shown(kept);
        expect([i, colourAt(pixels, 4, 4), colourAt(pixels, 30, 30), colourAt(pixels, 70, 20)]).toEqual([
          i,
          "green",
          "red",
          "blue",
        ]);
      }
    }
  });

  test("all common forms of pictures are shown with their size and a placeholder", async () => {
    const forms: [string, string, ...string[]][] = [
      ["image/jpeg", "jpg", "-interlace", "JPEG"],
      ["image/jpeg", "jpg", "-colorspace", "CMYK"],
      ["image/jpeg", "jpg", "-colorspace", "Gray"],
      ["image/png", "png", "-depth", "16"],
      ["image/png", "png", "-colors", "4"],
      ["image/png", "png", "-interlace", "PNG"],
      ["image/webp", "webp"],
      ["image/gif", "gif", "-set", "comment", SECRET],
      ["image/bmp", "bmp"],
    ];
    for (const [type, ending, ...args] of forms) {
      const found = await described(await from(ending, ...args));
      expect({ args, ...found, kept: undefined }).toMatchObject({ args, type, details: { width: 80, height: 40 } });
      expect(found.details.placeholder).toMatch(/^[A-Za-z0-9+/]{20,50}=*$/);
      expect(found.kept.includes(SECRET)).toBe(false);
    }
  });

  test("a moving GIF and a moving WebP keep all their pictures", async () => {
    const frames = ["-size", "30x20", "-delay", "10", "xc:red", "xc:blue", "-loop", "0"];
    const gif = await convert("gif", ...frames, "-set", "comment", SECRET);
    const keptGif = await described(gif);
    expect(keptGif).toMatchObject({ type: "image/gif", details: { width: 30, height: 20 } });
    expect(keptGif.kept.includes(SECRET)).toBe(false);
    expect(keptGif.kept.includes("NETSCAPE2.0")).toBe(true);
    const webp = await convert("webp", ...frames);
    const keptWebp = await described(webp);
    expect(keptWebp.type).toBe("image/webp");
    expect(keptWebp.details).toEqual({ width: 30, height: 20 });
    const { pictures } = storeOf(webp);
    expect(await pictures.smaller(KEY, 320)).toBe(KEY);
  });

  test("pictures that browsers show differently stay plain files with their type", async () => {
    for (const [type, ending] of [
      ["image/heic", "heic"],
      ["image/avif", "avif"],
    ] as const) {
      const made = await from(ending).catch(() => undefined);
      if (!made) process.stderr.write(`SKIPPED: ${ending}, which this ImageMagick does not write\n`);
      else expect(await described(made)).toMatchObject({ type, details: {} });
    }
  });
});
