import { confirm, type Question } from "../../design/confirm.ts";
import { toast } from "../../design/toast.tsx";
import { admin, Cancelled, call } from "./api.ts";

/** Asks for confirmation, calls the API, and shows the result. Resolves with whether the action was done. */
export async function act(
  question: Question | undefined,
  { method, path, body, done }: { method: string; path: string; body?: unknown; done: string },
): Promise<boolean> {
  if (question && !(await confirm(question))) return false;
  const answer = await attempt(() => admin(method, path, body));
  if (answer) toast(done);
  return answer !== undefined;
}

/**
 * Like `act`, for a request that returns data. Resolves with `undefined` if it was not done; the page has said so then.
 */
export async function make<T>(
  question: Question | undefined,
  { path, body }: { path: string; body?: unknown },
): Promise<T | undefined> {
  if (question && !(await confirm(question))) return undefined;
  return (await attempt(() => call<T>("POST", path, body)))?.data;
}

async function attempt<T>(doIt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await doIt();
  } catch (error) {
    if (!(error instanceof Cancelled)) toast((error as Error).message, { error: true });
    return undefined;
  }
}
