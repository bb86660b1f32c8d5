/** A busy machine may take this long, in ms. */
const PATIENCE_MS = 15_000;

/** Waits until the condition holds; throws after `withinMs`. @param state what to say then */
export async function until(
  holds: () => unknown,
  { withinMs = PATIENCE_MS, state = () => String(holds) }: { withinMs?: number; state?: () => string } = {},
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${state()}`);
    await Bun.sleep(10);
  }
}
