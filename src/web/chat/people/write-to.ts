import type { ConfabClient, User } from "../../../sdk/index.ts";
import { toast } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { startWith } from "./start-with.ts";

/** Opens the conversation with a person, and creates it if there is none. Shows an error if that fails. */
export async function writeTo(client: ConfabClient, user: User): Promise<boolean> {
  try {
    await startWith(client, [user]);
    return true;
  } catch (error) {
    toast(error instanceof Error ? error.message : texts.design.failed, { error: true });
    return false;
  }
}
