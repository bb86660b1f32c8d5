import { confirm, type Question } from "../design/confirm.tsx";
import { toast } from "../design/toast.tsx";
import { admin } from "./api.ts";

/** Asks first, then does it, and says that it is done or why not. Resolves with whether it was done. */
export async function act(
  question: Question | undefined,
  { method, path, body, done }: { method: string; path: string; body?: unknown; done: string },
): Promise<boolean> {
  if (question && !(await confirm(question))) return false;
  try {
    await admin(method, path, body);
    toast(done);
    return true;
  } catch (error) {
    toast((error as Error).message, { error: true });
    return false;
  }
}
