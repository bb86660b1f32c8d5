import { expect, test } from "bun:test";
import { COMMAND_LINE, type PasswordCaller } from "../../src/server/base/caller.ts";
import { PASSWORDS_WAITING_MAX, Passwords } from "../../src/server/features/accounts/passwords.ts";

test("a password hash has the cost that OWASP asks for by default", async () => {
  const passwords = new Passwords();
  const made = await passwords.hash("SecurePass123", COMMAND_LINE);
  expect(made).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.verify(made, "SecurePass123", COMMAND_LINE)).toBe(true);
  expect(await passwords.verify(made, "SecurePass124", COMMAND_LINE)).toBe(false);
  expect(await passwords.verify(undefined, "SecurePass123", COMMAND_LINE)).toBe(false);
});

test("people with proof and people from elsewhere are served soon while every network of a /48 waits", async () => {
  const passwords = new Passwords({ memoryCost: 64, timeCost: 1 });
  const neighbour = (n: number): PasswordCaller => ({
    address: `2001:db8:1:${n.toString(16)}::1`,
    network: `2001:db8:1:${n.toString(16)}::/64`,
    wide: "2001:db8:1::/48",
  });
  const order: string[] = [];
  const ask = (name: string, from: PasswordCaller) =>
    passwords.verify(undefined, "wrong password", from).then(
      () => order.push(name),
      () => order.push(`${name} refused`),
    );
  const flood = Array.from({ length: 2 * PASSWORDS_WAITING_MAX }, (_, n) => ask("flood", neighbour(n)));
  const legitimate = [
    ask("proven", { ...neighbour(9_999), isProven: true }),
    ask("elsewhere", { address: "198.51.100.1", network: "198.51.100.1", wide: "198.51.100.0/24" }),
  ];
  await Promise.all([...flood, ...legitimate]);
  const served = order.filter((name) => !name.endsWith("refused"));
  expect(order.filter((name) => name.startsWith("flood ")).length).toBeGreaterThan(PASSWORDS_WAITING_MAX / 2);
  // Only callers whose turn it was already come before them.
  const atOnce = navigator.hardwareConcurrency + 2;
  expect(served.indexOf("proven")).toBeWithin(0, atOnce);
  expect(served.indexOf("elsewhere")).toBeWithin(0, atOnce + 2);
});

test("a caller who may not go on when their turn comes costs nothing more and holds nobody up", async () => {
  const passwords = new Passwords({ memoryCost: 64, timeCost: 1 });
  const refused = { ...COMMAND_LINE, mayGoOn: () => Promise.reject(new Error("no more")) };
  await expect(passwords.hash("SecurePass123", refused)).rejects.toThrow("no more");
  expect(await passwords.hash("SecurePass123", COMMAND_LINE)).toStartWith("$argon2id$");
});
