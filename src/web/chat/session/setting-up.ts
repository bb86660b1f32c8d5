import { computed } from "@preact/signals";
import { kept } from "../../design/kept.ts";

const begun = kept("setting-up", ["0", "1"]);

/** The maker of the first account is asked for what a fresh server needs, over a reload too, until it is done. */
export const isSettingUp = computed(() => begun.value === "1");

/** Returns what takes it back. */
export function beginSetUp(): () => void {
  begun.value = "1";
  return endSetUp;
}

export const endSetUp = () => {
  begun.value = "0";
};
