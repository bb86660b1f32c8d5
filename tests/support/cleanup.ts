/**
 * Cleans up what all test files of a process share, after the last of them. `setup.ts` calls it. Side by side
 * (`--parallel`) each file has modules of its own, so it cleans up after each file.
 */
const pending: (() => void | Promise<void>)[] = [];

export function afterAllFiles(cleanUp: () => void | Promise<void>): void {
  pending.push(cleanUp);
}

export async function cleanUpAll(): Promise<void> {
  for (const cleanUp of pending.splice(0).reverse()) await cleanUp();
}
