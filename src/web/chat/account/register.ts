import { type ConfabClient, ConfabError } from "../../../sdk/index.ts";
import { accountTexts } from "../../texts/account.ts";
import { firstUser } from "../session/server.ts";
import { beginSetUp } from "../session/setting-up.ts";

/** The right to register, beside name, email and password. */
export interface Entrance {
  /** The code of an invite link. */
  invite?: string | undefined;
  /** Claims to be the first person, who becomes the admin. */
  first?: true;
  /** Claims the same with the code that the server has printed. */
  setup_code?: string | undefined;
}

const TAKEN = "A user with this email already exists.";

/** Creates an account and signs in, with one request. If the account exists and the password is right, signs in. */
export async function register(
  client: ConfabClient,
  values: Record<string, string>,
  entrance: Entrance,
): Promise<void> {
  const { first_name = "", last_name = "", email = "", password = "" } = values;
  const person = { first_name, last_name, email, password, password_confirm: password };
  const isClaim = entrance.first === true || entrance.setup_code !== undefined;
  // Starts before the server answers. Otherwise the chat would appear for a moment.
  const stopSetUp = isClaim ? beginSetUp() : undefined;
  try {
    await client.signInBy("users/register/", { ...person, ...entrance, sign_in: true });
    if (isClaim) firstUser.value = "none";
  } catch (error) {
    stopSetUp?.();
    if (!(error instanceof ConfabError)) throw error;
    // A node of the last release has created the account without signing in.
    const isMade = error.code === "authentication_required" || error.errors?.["email"]?.includes(TAKEN);
    if (!isMade) throw error;
    await signInInstead(client, email, password);
  }
}

async function signInInstead(client: ConfabClient, email: string, password: string): Promise<void> {
  try {
    await client.signIn(email, password);
  } catch (error) {
    if (!(error instanceof ConfabError) || error.code !== "invalid_credentials") throw error;
    throw new ConfabError("validation_failed", accountTexts.haveOne, undefined, { email: [accountTexts.haveOne] });
  }
}
