/** The text of a field, with its selection. */
export interface FieldText {
  value: string;
  start: number;
  end: number;
}

/** The replacement of one part of a text, and the selection after it. It is one step of undo. */
export interface FieldChange {
  from: number;
  to: number;
  text: string;
  start: number;
  end: number;
}

/** A small replacement. */
export interface Piece {
  at: number;
  remove: number;
  insert: string;
}

/** Puts small replacements together. The selection keeps its text, and grows by none of the inserted marks. */
export function changeOf({ value, start, end }: FieldText, pieces: readonly Piece[]): FieldChange {
  const sorted = pieces.toSorted((a, b) => a.at - b.at);
  const from = sorted[0]?.at ?? start;
  let to = from;
  let text = "";
  for (const { at, remove, insert } of sorted) {
    text += value.slice(to, at) + insert;
    to = at + remove;
  }
  const moved = (place: number, isStart: boolean) => {
    let shift = 0;
    for (const { at, remove, insert } of sorted) {
      if (at > place || (at === place && remove === 0 && !isStart)) break;
      shift += insert.length - Math.min(remove, place - at);
    }
    return place + shift;
  };
  const [first, last] = [moved(start, true), moved(end, start === end)];
  return { from, to, text, start: first, end: Math.max(first, last) };
}

/** The text after the change. */
export const applied = (value: string, { from, to, text }: FieldChange) =>
  value.slice(0, from) + text + value.slice(to);
