import { confirm, type Question } from "../../design/confirm.tsx";
import { toast } from "../../design/toast.tsx";
import { admin, Cancelled, call } from "./api.ts";

/** Asks first, then does it, and says that it is done or why not. Resolves with whether it was done. */
export async function act(
  question: Question | undefined,
  { method, path, body, done }: { method: string; path: string; body?: unknown; done: string },
): Promise<boolean> {
  if (question && !(await confirm(question))) return false;
  const answer = await attempt(() => admin(method, path, body));
  if (answer) toast(done);
  return answer !== undefined;
}

/** As `act`, for what gives something back. `undefined`: it was not done, and that is told. */
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
