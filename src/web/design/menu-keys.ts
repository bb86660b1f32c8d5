/** The row that a key of a menu leads to: an arrow, Home, End, or a first letter. */
export function target(key: string, at: number, rows: readonly HTMLElement[]): number | undefined {
  const count = rows.length;
  if (key === "ArrowDown") return (at + 1) % count;
  if (key === "ArrowUp") return (at - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (key.length !== 1 || key === " ") return undefined;
  const begins = (row: HTMLElement) => row.textContent?.trim().toLowerCase().startsWith(key.toLowerCase());
  const found = [...rows.keys()].map((step) => (at + 1 + step) % count).find((i) => rows[i] && begins(rows[i]));
  return found;
}
