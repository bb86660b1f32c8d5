import { expect, test } from "bun:test";
import { Passwords } from "../../src/domain/passwords.ts";

test("a password costs whoever guesses it what OWASP asks for, where nobody says otherwise", async () => {
  const passwords = new Passwords();
  const made = await passwords.hash("SecurePass123", "");
  expect(made).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.verify(made, "SecurePass123", "")).toBe(true);
  expect(await passwords.verify(made, "SecurePass124", "")).toBe(false);
  expect(await passwords.verify(undefined, "SecurePass123", "")).toBe(false);
});
