import type { Repeat } from "../../../../sdk/index.ts";
import type { MenuAction } from "../../../design/menu-item.ts";
import { openMenu, type Place } from "../../../design/placed-menu.tsx";
import { laterTexts } from "../../../texts/later.ts";
import { askTime, type ChosenTime } from "./time-dialog.tsx";
import { offeredTimes } from "./times.ts";

interface TimeMenu {
  title: string;
  /** The button of the dialog. */
  action: string;
  /** `undefined`: it can't repeat. */
  repeat?: Repeat | null;
  more?: readonly MenuAction[];
  onChoose: (chosen: ChosenTime) => void;
}

/** Offers the usual times, and a dialog for all others. */
export function openTimeMenu({ title, action, repeat, more = [], onChoose }: TimeMenu, place: Place) {
  const offered = offeredTimes();
  const [, first = { at: new Date() }] = offered;
  openMenu(
    title,
    [
      ...offered.map(({ label, at }) => ({
        label,
        group: "times",
        onSelect: () => onChoose({ at, repeat: repeat ?? null }),
      })),
      {
        label: laterTexts.times.custom,
        icon: "clock",
        group: "custom",
        onSelect: () => askTime({ title, action, first: first.at, repeat, onChoose }),
      },
      ...more.map((one) => ({ ...one, group: "more" })),
    ],
    place,
  );
}
