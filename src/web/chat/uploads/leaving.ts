import type { ConfabClient } from "../../../sdk/index.ts";

const LEFT = "confab.files-left";

/** Removes the attached files of a person who has signed out. If the page is closed before that, the next one does it. */
export function forgetFiles(client: ConfabClient, userId: number) {
  try {
    localStorage.setItem(LEFT, `${userId}`);
  } catch {
    // It is done now, or not at all.
  }
  void forget(client, userId);
}

/** Goes on with what an earlier page has begun. */
export function goOnForgetting(client: ConfabClient) {
  const userId = Number(stored());
  // The same person has signed in again: the attached files may stay.
  if (userId > 0) void client.ready.then(() => forget(client, userId));
}

async function forget(client: ConfabClient, userId: number) {
  try {
    const { forgetAttached } = await import("../../../sdk/features/files.ts");
    await forgetAttached(client, userId);
    localStorage.removeItem(LEFT);
  } catch (error) {
    reportError(error);
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(LEFT);
  } catch {
    return null;
  }
}
