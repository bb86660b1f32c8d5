/** What is shared by all test files and goes when the last of them has run; setup.ts sees to that. */
const pending: (() => void | Promise<void>)[] = [];

export function afterAllFiles(cleanUp: () => void | Promise<void>): void {
  pending.push(cleanUp);
}

export async function cleanUpAll(): Promise<void> {
  for (const cleanUp of pending.splice(0).reverse()) await cleanUp();
}
