import { expect, test } from "bun:test";
import { Subscriptions } from "../../src/server/ws/subscriptions.ts";

const subscriptionTo = (conversationId: string) => ({ room: { conversationId } });

test("a socket finds each of its subscriptions, with none, with one and with several", () => {
  const subscriptions = new Subscriptions();
  const [a, b, c] = [subscriptionTo("a"), subscriptionTo("b"), subscriptionTo("c")];
  expect(subscriptions.all).toEqual([]);
  for (const [i, subscription] of [a, b, c].entries()) {
    expect(subscriptions.has(subscription.room.conversationId)).toBe(false);
    subscriptions.add(subscription);
    expect(subscriptions.all).toEqual([a, b, c].slice(0, i + 1));
    expect(subscriptions.get(subscription.room.conversationId)).toBe(subscription);
  }
  for (const subscription of [b, a, c]) {
    subscriptions.remove(subscription);
    expect(subscriptions.has(subscription.room.conversationId)).toBe(false);
  }
  expect(subscriptions.all).toEqual([]);
});

test.each([1, 2])("an earlier subscription does not end the one that took its place, among %d", (count) => {
  const subscriptions = new Subscriptions();
  const [earlier, later] = [subscriptionTo("a"), subscriptionTo("a")];
  subscriptions.add(earlier);
  if (count > 1) subscriptions.add(subscriptionTo("b"));
  subscriptions.add(later);
  subscriptions.remove(earlier);
  expect(subscriptions.get("a")).toBe(later);
  expect(subscriptions.all).toHaveLength(count);
});
