import { signal } from "@preact/signals";
import type { ErrorBody, FieldErrors } from "../../../protocol/envelope.ts";
import { referenceTexts } from "../../texts/reference.ts";

const { account: texts } = referenceTexts;

export interface Person {
  full_name: string;
  email: string;
}

/** The signed-in person; `null` if nobody is, `undefined` while the page does not know. */
export const person = signal<Person | null | undefined>(undefined);

/** Asks the server who is signed in. For strangers the page itself says that nobody is, so it needs no request. */
export async function readAccount(): Promise<void> {
  if (person.peek() === undefined && fact("signed-in") === "false") person.value = null;
  else await askForAccount();
}

/** Asks again, because a call may have changed who is signed in. */
export async function askForAccount(): Promise<void> {
  const answer = await fetch("/api/users/profile/").catch(() => undefined);
  if (answer?.status === 401) person.value = null;
  else if (answer?.ok) person.value = (await answer.json()).data;
}

const fact = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name="confab-${name}"]`)?.content;

/** The server refused the request, or did not answer. */
class Refused extends Error {
  constructor(
    message: string,
    readonly errors?: FieldErrors | undefined,
    /** Seconds to wait. */
    readonly retryAfter?: number | undefined,
  ) {
    super(message);
  }
}

async function post(path: string, body: object): Promise<void> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Refused(texts.unreachable);
  });
  if (answer.ok) return;
  const { message = texts.failed, errors }: Partial<ErrorBody> = await answer.json().catch(() => ({}));
  const wait = answer.headers.get("retry-after");
  throw new Refused(message, errors, wait === null ? undefined : Number(wait));
}

/** @throws Error with the server's message, the `errors` of fields, and the seconds to wait */
export async function signIn(email: string, password: string): Promise<void> {
  await post("/api/users/login/", { email, password });
  await askForAccount();
}

/** @throws Error with the server's message */
export async function signOut(): Promise<void> {
  await post("/api/users/logout/", {});
  await askForAccount();
}
