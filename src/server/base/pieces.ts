/** Splits a list into parts of `atOnce` entries. */
export function* chunks<T>(all: readonly T[], atOnce: number): Generator<T[]> {
  for (let i = 0; i < all.length; i += atOnce) yield all.slice(i, i + atOnce);
}

/** Splits conversations into parts with at most `rows` members together. A larger conversation is a part by itself. */
export function* pieces<T extends { members: number }>(all: readonly T[], rows: number): Generator<T[]> {
  let piece: T[] = [];
  let members = 0;
  for (const one of all) {
    if (piece.length > 0 && members + one.members > rows) {
      yield piece;
      piece = [];
      members = 0;
    }
    piece.push(one);
    members += one.members;
  }
  if (piece.length > 0) yield piece;
}
