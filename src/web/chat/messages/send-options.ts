import { type Signal, signal } from "@preact/signals";
import type { Conversation, SendOptions } from "../../../sdk/index.ts";

const NONE: SendOptions = {};

/** Like a text that is not sent yet, options survive a look into another conversation. */
const chosen = new WeakMap<Conversation, Signal<SendOptions>>();

/** The options of the next send in a conversation. */
export function sendOptions(conversation: Conversation): Signal<SendOptions> {
  const known = chosen.get(conversation) ?? signal(NONE);
  chosen.set(conversation, known);
  return known;
}

/** Sets an option of the next send. `undefined` takes it away. */
export function setSendOption<Name extends keyof SendOptions>(
  conversation: Conversation,
  name: Name,
  value: SendOptions[Name] | undefined,
) {
  const options = sendOptions(conversation);
  const { [name]: _, ...others } = options.peek();
  options.value = value === undefined ? others : { ...others, [name]: value };
}

/** Returns the options and begins anew, as the text does. */
export function takeSendOptions(conversation: Conversation): SendOptions {
  const options = sendOptions(conversation);
  const taken = options.peek();
  options.value = NONE;
  return taken;
}
