import { ConfabError } from "../../../sdk/index.ts";
import { texts } from "../../texts/texts.ts";
import { client, firstUser } from "../session/session.ts";
import { beginSetUp } from "../session/setting-up.ts";

/** With what somebody registers beside their name, e-mail and password. */
export interface Entrance {
  /** The code of the link they came by. */
  invite?: string | undefined;
  /** They say that they are the first one here, and so the admin. */
  first?: true;
  /** The same, by the code that the server has printed. */
  setup_code?: string | undefined;
}

const TAKEN = "A user with this email already exists.";

/** Makes an account and comes in, with one request. A person who has an account and its password comes in too. */
export async function register(values: Record<string, string>, entrance: Entrance): Promise<void> {
  const { first_name = "", last_name = "", email = "", password = "" } = values;
  const person = { first_name, last_name, email, password, password_confirm: password };
  const isClaim = entrance.first === true || entrance.setup_code !== undefined;
  // Before it is known who has come: the chat would be shown for a moment.
  const stopSetUp = isClaim ? beginSetUp() : undefined;
  try {
    await client.signInBy("users/register/", { ...person, ...entrance, sign_in: true });
    if (isClaim) firstUser.value = "none";
  } catch (error) {
    stopSetUp?.();
    if (!(error instanceof ConfabError)) throw error;
    // A node of the last release has made the account, and did not sign in.
    const isMade = error.code === "authentication_required" || error.errors?.["email"]?.includes(TAKEN);
    if (!isMade) throw error;
    await signInInstead(email, password);
  }
}

async function signInInstead(email: string, password: string): Promise<void> {
  try {
    await client.signIn(email, password);
  } catch (error) {
    if (!(error instanceof ConfabError) || error.code !== "invalid_credentials") throw error;
    throw new ConfabError("validation_failed", texts.account.haveOne, undefined, { email: [texts.account.haveOne] });
  }
}
