import { type Box, childrenOf, fieldsOf } from "./boxes.ts";
import type { Erasure } from "./erasure.ts";
import { type Reader, Unfollowed } from "./reader.ts";

/** Erases what a track shows, wherever it lies in the file. @param media the boxes in its `mdia` */
export async function eraseSamples(reader: Reader, media: ReadonlyMap<string, Box>, erasure: Erasure): Promise<void> {
  const minf = media.get("minf");
  const stbl = minf && (await childrenOf(reader, minf)).get("stbl");
  const tables = stbl && (await childrenOf(reader, stbl));
  if (!tables) return;
  const places = await placesOf(reader, tables);
  if (places.length === 0) return;
  const sizes = await sizesOf(reader, tables.get("stsz"));
  const counts = await countsOf(reader, tables.get("stsc"));
  let sample = 0;
  let run = 0;
  for (const [n, place] of places.entries()) {
    reader.step();
    while ((counts[run + 1]?.first ?? Number.POSITIVE_INFINITY) <= n + 1) run++;
    const from = sample;
    sample += counts[run]?.count ?? 0;
    erasure.content(place, place + sizes(from, sample));
  }
}

/** Where the chunks of a track begin. */
async function placesOf(reader: Reader, tables: ReadonlyMap<string, Box>): Promise<number[]> {
  const [small, large] = [tables.get("stco"), tables.get("co64")];
  const box = small ?? large;
  if (!box) return [];
  const fields = await fieldsOf(reader, box);
  fields.skip(4);
  const places: number[] = [];
  for (let left = fields.number(4); left > 0; left--) places.push(fields.number(small ? 4 : 8));
  return places;
}

/** Tells how many bytes the samples from one to another one have together. */
async function sizesOf(reader: Reader, box: Box | undefined): Promise<(from: number, until: number) => number> {
  if (!box) throw new Unfollowed("samples without sizes");
  const fields = await fieldsOf(reader, box);
  fields.skip(4);
  const each = fields.number(4);
  const count = fields.number(4);
  if (each > 0) return (from, until) => (Math.min(until, count) - Math.min(from, count)) * each;
  const ends = new Float64Array(Math.min(count, (box.end - box.content) / 4) + 1);
  for (let n = 1; n < ends.length; n++) ends[n] = (ends[n - 1] ?? 0) + fields.number(4);
  const endOf = (n: number) => ends[Math.min(n, ends.length - 1)] ?? 0;
  return (from, until) => endOf(until) - endOf(from);
}

/** How many samples a chunk has, from which chunk on. They count from 1. */
async function countsOf(reader: Reader, box: Box | undefined): Promise<{ first: number; count: number }[]> {
  if (!box) throw new Unfollowed("samples without chunks");
  const fields = await fieldsOf(reader, box);
  fields.skip(4);
  const counts: { first: number; count: number }[] = [];
  for (let left = fields.number(4); left > 0; left--) {
    counts.push({ first: fields.number(4), count: fields.number(4) });
    fields.skip(4);
  }
  return counts;
}
