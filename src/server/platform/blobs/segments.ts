/** A part of a file that is an object of its own on the S3 server. */
export interface Segment {
  start: number;
  end: number;
}

export const segmentName = ({ start, end }: Segment) => `${String(start).padStart(15, "0")}-${end}`;

export function parseSegment(name: string): Segment | undefined {
  const [, start, end] = /^(\d{15})-(\d{1,15})$/.exec(name) ?? [];
  return start === undefined || end === undefined ? undefined : { start: Number(start), end: Number(end) };
}

/** For each position that segments reach without a hole, the last segment on the way there. */
function ways(segments: readonly Segment[]): Map<number, Segment | undefined> {
  const found = new Map<number, Segment | undefined>([[0, undefined]]);
  for (const segment of segments.toSorted((a, b) => a.start - b.start || b.end - a.end))
    if (segment.end > segment.start && found.has(segment.start) && !found.has(segment.end))
      found.set(segment.end, segment);
  return found;
}

/** How far segments reach without a hole. */
export const reachOf = (segments: readonly Segment[]) => Math.max(...ways(segments).keys());

/** Segments from 0 to exactly `end`; `undefined` when there is no such way. */
export function pathTo(segments: readonly Segment[], end: number): Segment[] | undefined {
  if (segments.length === 0) return undefined;
  const found = ways(segments);
  if (!found.has(end)) return undefined;
  const path: Segment[] = [];
  for (let last = found.get(end); last; last = found.get(last.start)) path.unshift(last);
  return path;
}

/** The segments beside a path. Another node, or an earlier try, has left them. */
export const offPath = (segments: readonly Segment[], path: readonly Segment[]) =>
  segments.filter(({ start, end }) => !path.some((on) => on.start === start && on.end === end));
