import { type Box, boxesIn, childrenOf, fieldsOf, free } from "./boxes.ts";
import type { Erasure } from "./erasure.ts";
import { eraseItems } from "./items.ts";
import { type Reader, Unfollowed } from "./reader.ts";
import { eraseSamples } from "./samples.ts";
import type { Shape } from "./shape.ts";

const words = (text: string) => new Set(text.split(" "));

/** The boxes that players need. All others become free space: phones put places, names and second films there. */
const KEPT = {
  file: words("ftyp styp pdin moov moof mdat mfra sidx ssix prft free skip wide"),
  moov: words("mvhd trak mvex iods pssh ctab clip free skip wide"),
  trak: words("tkhd edts mdia tref trgr load tapt clip matt imap free skip wide"),
  mdia: words("mdhd hdlr minf elng free skip wide"),
};
/** The kinds of tracks that people see or hear. Others tell where the camera was, many times a second. */
const SHOWN = words("vide soun auxv pict text sbtl subt clcp tmcd hint");
/** Says that a film is a sphere. */
const SPHERE = "ffcc8263f8554a938814587a02521fdd";

/** Erases the metadata of an MP4, MOV, HEIC or AVIF, and measures the film. */
export async function examineIso(reader: Reader, erasure: Erasure): Promise<Shape> {
  const shape: Shape = {};
  let isFollowed = false;
  let hasMedia = false;
  const boxes = boxesIn(reader, 0, reader.size);
  for (;;) {
    const { done, value } = await boxes.next();
    if (done) {
      if (!isFollowed) throw new Unfollowed("neither a film nor a picture was found");
      if (value < reader.size && !hasMedia) throw new Unfollowed("no box begins where one should");
      // Nothing plays what lies behind the last box.
      erasure.content(value, reader.size);
      return shape;
    }
    if (value.isCut && (value.type === "moov" || value.type === "meta")) throw new Unfollowed(`${value.type} is cut`);
    if (value.type === "moov") Object.assign(shape, await examineFilm(reader, value, erasure));
    else if (value.type === "meta" && (await eraseItems(reader, value, erasure))) isFollowed = true;
    else if (!KEPT.file.has(value.type)) free(erasure, value);
    isFollowed ||= value.type === "moov";
    hasMedia ||= value.type === "mdat";
  }
}

async function examineFilm(reader: Reader, moov: Box, erasure: Erasure): Promise<Shape> {
  const shape: Shape = {};
  const tracks: Box[] = [];
  let isFragmented = false;
  for await (const box of boxesIn(reader, moov.content, moov.end)) {
    if (box.type === "cmov") throw new Unfollowed("a compressed film");
    if (box.type === "mvhd") {
      const duration = await durationOf(reader, box);
      if (duration) shape.duration = duration;
      await eraseTimes(reader, box, erasure);
    }
    if (box.type === "mvex") isFragmented = true;
    if (box.type === "trak") tracks.push(box);
    else if (!KEPT.moov.has(box.type)) free(erasure, box);
  }
  for (const track of tracks) {
    const size = await examineTrack(reader, track, erasure, isFragmented);
    if (size && shape.width === undefined) Object.assign(shape, size);
  }
  return shape;
}

/** Returns how large the track is shown, if it is one that people see. */
async function examineTrack(reader: Reader, track: Box, erasure: Erasure, isFragmented: boolean) {
  const parts = await childrenOf(reader, track);
  const mdia = parts.get("mdia");
  const media = mdia && (await childrenOf(reader, mdia));
  const hdlr = media?.get("hdlr");
  const kind = hdlr && (await reader.read(hdlr.content, hdlr.end)).toString("latin1", 8, 12);
  if (!mdia || kind === undefined || !SHOWN.has(kind)) {
    if (isFragmented) throw new Unfollowed("a track of metadata in fragments");
    if (media) await eraseSamples(reader, media, erasure);
    free(erasure, track);
    return undefined;
  }
  for await (const box of boxesIn(reader, track.content, track.end))
    if (!KEPT.trak.has(box.type) && !(await isSphere(reader, box))) free(erasure, box);
  for await (const box of boxesIn(reader, mdia.content, mdia.end)) if (!KEPT.mdia.has(box.type)) free(erasure, box);
  const header = parts.get("tkhd");
  for (const box of [header, media?.get("mdhd")]) if (box) await eraseTimes(reader, box, erasure);
  return kind === "vide" && header ? sizeOf(reader, header) : undefined;
}

async function isSphere(reader: Reader, { type, content, end }: Box): Promise<boolean> {
  return (
    type === "uuid" && end - content >= 16 && (await reader.read(content, content + 16)).toString("hex") === SPHERE
  );
}

/** The length of a number in the second version of a header. The first has half of it. */
const wordOf = (version: number) => (version === 1 ? 8 : 4);

/** Overwrites when a film or a track was made and changed. */
async function eraseTimes(reader: Reader, box: Box, erasure: Erasure) {
  const fields = await fieldsOf(reader, box);
  const word = wordOf(fields.number(1));
  fields.skip(3);
  const [made, changed] = [fields.number(word), fields.number(word)];
  if (made !== 0 || changed !== 0) erasure.content(box.content + 4, box.content + 4 + 2 * word);
}

async function durationOf(reader: Reader, mvhd: Box): Promise<number | undefined> {
  const fields = await fieldsOf(reader, mvhd);
  const word = wordOf(fields.number(1));
  fields.skip(3 + 2 * word);
  const unit = fields.number(4);
  const length = fields.number(word);
  // All ones: unknown.
  return unit > 0 && length > 0 && length < 2 ** (8 * word) - 1 ? length / unit : undefined;
}

async function sizeOf(reader: Reader, tkhd: Box): Promise<Pick<Shape, "width" | "height"> | undefined> {
  const fields = await fieldsOf(reader, tkhd);
  const word = wordOf(fields.number(1));
  fields.skip(3 + 2 * word + 4 + 4 + word + 16);
  // A matrix that turns by a quarter has no first number.
  const [across, down] = [fields.number(4), fields.number(4)];
  const isTurned = across === 0 && down !== 0;
  fields.skip(7 * 4);
  const [wide, high] = [Math.round(fields.number(4) / 65_536), Math.round(fields.number(4) / 65_536)];
  if (wide === 0 || high === 0) return undefined;
  return isTurned ? { width: high, height: wide } : { width: wide, height: high };
}
