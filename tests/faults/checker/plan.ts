import type { Place } from "./cluster.ts";
import { type WayBackName, wayBack } from "./going-back.ts";

/** Where a run takes place, and whether its database goes back: at most once, as lost changes prove nothing more. */
export interface Plan {
  place: Place;
  goesBack: WayBackName | undefined;
}

/** Dealt to the seeds in turn. */
const PLANS: (WayBackName | undefined)[] = [
  undefined,
  "a replica that lacks the newest commits is promoted",
  "the newest part is lost",
  undefined,
  "the cluster's folder is put back",
  "a base backup is recovered on a new timeline",
  "a copy of the folder is put back",
  undefined,
  "a dump is restored into the same database",
  "a base backup is put in place",
];

export function planOf(seed: number): Plan {
  const goesBack = PLANS.at((seed - 1) % PLANS.length);
  return { place: goesBack ? wayBack(goesBack).place : "cluster", goesBack };
}
