import { computed } from "@preact/signals";
import { kept } from "../../design/kept.ts";

const begun = kept("setting-up", ["0", "1"]);

/** The person with the first account answers the set-up questions. They survive a reload. */
export const isSettingUp = computed(() => begun.value === "1");

/** Returns a function that ends the set-up. */
export function beginSetUp(): () => void {
  begun.value = "1";
  return endSetUp;
}

export const endSetUp = () => {
  begun.value = "0";
};
