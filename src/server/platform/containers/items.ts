import { type Box, boxesIn, childrenOf, Fields, fieldsOf } from "./boxes.ts";
import type { Erasure } from "./erasure.ts";
import { type Reader, Unfollowed } from "./reader.ts";

/** The kinds of items that are pictures, or put together from pictures. All others are metadata. */
const PICTURES = new Set("hvc1 lhv1 av01 avc1 vvc1 evc1 jpeg j2k1 unci mski grid iovl iden tmap dimg".split(" "));
/** Where the bytes of an item lie: in the file, or in the box `idat`. */
const [IN_FILE, IN_BOX] = [0, 1];
/** An Exif item that says nothing: where its block begins, the block's order and first directory, no entries, no next one. */
const NO_EXIF = Uint8Array.from(Buffer.from("000000004d4d002a00000008000000000000", "hex"));

interface Item {
  type: string;
  /** Where it begins, and its length. Left out when it lies elsewhere. */
  extents: { start: number; end: number }[];
}

/** Erases all items of a HEIC or AVIF that are no pictures. Returns false when the box has no picture. */
export async function eraseItems(reader: Reader, meta: Box, erasure: Erasure): Promise<boolean> {
  // A box of this kind begins with its version.
  const boxes = await childrenOf(reader, { ...meta, content: meta.content + 4 });
  const hdlr = boxes.get("hdlr");
  const kind = hdlr && (await reader.read(hdlr.content, hdlr.end)).toString("latin1", 8, 12);
  const [infos, places] = [boxes.get("iinf"), boxes.get("iloc")];
  if (kind !== "pict" || !infos || !places) return false;
  const types = await typesOf(reader, infos);
  const fields = await fieldsOf(reader, places);
  for (const { type, extents } of itemsAt(fields, types, boxes.get("idat"))) {
    reader.step();
    if (PICTURES.has(type)) continue;
    for (const { start, end } of extents) erasure.content(start, end);
    const [first] = extents;
    if (type === "Exif" && first && first.end - first.start >= NO_EXIF.length) erasure.write(first.start, NO_EXIF);
  }
  return true;
}

/** The types of items, by their ids. */
async function typesOf(reader: Reader, iinf: Box): Promise<Map<number, string>> {
  const fields = await fieldsOf(reader, { content: iinf.content, end: Math.min(iinf.end, iinf.content + 8) });
  const isLong = fields.number(1) > 0;
  const types = new Map<number, string>();
  for await (const { type, content, end } of boxesIn(reader, iinf.content + (isLong ? 8 : 6), iinf.end)) {
    if (type !== "infe") continue;
    const info = new Fields(await reader.read(content, Math.min(end, content + 14)));
    const version = info.number(1);
    info.skip(3);
    if (version < 2) throw new Unfollowed("an item without a type");
    const id = info.number(version === 2 ? 2 : 4);
    info.skip(2);
    types.set(id, info.text(4));
  }
  return types;
}

function* itemsAt(iloc: Fields, types: ReadonlyMap<number, string>, idat: Box | undefined): Generator<Item> {
  const version = iloc.number(1);
  iloc.skip(3);
  const [one, two] = [iloc.number(1), iloc.number(1)];
  const [ofOffset, ofLength, ofBase, ofIndex] = [one >> 4, one & 15, two >> 4, version > 0 ? two & 15 : 0];
  for (let left = iloc.number(version < 2 ? 2 : 4); left > 0; left--) {
    const type = types.get(iloc.number(version < 2 ? 2 : 4)) ?? "";
    const method = version > 0 ? iloc.number(2) & 15 : IN_FILE;
    const isHere = iloc.number(2) === 0;
    const base = iloc.number(ofBase);
    const extents: Item["extents"] = [];
    const isPicture = PICTURES.has(type);
    if (!isPicture && (!isHere || method > IN_BOX)) throw new Unfollowed(`an item ${type} that lies elsewhere`);
    const from = method === IN_BOX ? (idat?.content ?? 0) : 0;
    for (let more = iloc.number(2); more > 0; more--) {
      iloc.skip(ofIndex);
      const start = from + base + iloc.number(ofOffset);
      const length = iloc.number(ofLength);
      // It would reach to the end of the file.
      if (!isPicture && length === 0) throw new Unfollowed(`an item ${type} without a length`);
      extents.push({ start, end: start + length });
    }
    yield { type, extents };
  }
}
