import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { z } from "zod";

/** Standard input has ended before all questions had an answer. */
class NoAnswerError extends Error {
  constructor() {
    super("Standard input ended before all questions were answered. Nothing was changed.");
  }
}

/** Asks on the terminal. @param isHidden does not show the answer while it is typed */
async function ask(question: string, isHidden: boolean): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({
    input: process.stdin,
    output: isHidden ? nowhere : process.stdout,
    terminal: true,
  });
  // The question is printed only now, because from here on the terminal itself does not show typed characters.
  if (isHidden) process.stdout.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      terminal.once("close", () => reject(new NoAnswerError()));
      // In raw mode the terminal sends no signal.
      terminal.once("SIGINT", () => process.kill(process.pid, "SIGINT"));
      terminal.question(isHidden ? "" : question).then(resolve, reject);
    });
  } finally {
    terminal.close();
    if (isHidden) process.stdout.write("\n");
  }
}

/** Asks until the answer is valid, and explains after each answer what is wrong with it. */
export async function askFor<T>(question: string, schema: z.ZodType<T>, { isHidden = false } = {}): Promise<T> {
  for (;;) {
    const answer = schema.safeParse(await ask(`${question}: `, isHidden));
    if (answer.success) return answer.data;
    for (const { message } of answer.error.issues) process.stderr.write(`${message}\n`);
  }
}

/** Asks for a new password twice, until both are the same. */
export async function askForPassword(schema: z.ZodType<string>): Promise<string> {
  for (;;) {
    const password = await askFor("Password", schema, { isHidden: true });
    if ((await ask("The same password again: ", true)) === password) return password;
    process.stderr.write("The two passwords are not the same.\n");
  }
}
