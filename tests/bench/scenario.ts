import type { Figures, Metric } from "./metrics.ts";
import type { Services } from "./systems.ts";

export interface Run {
  figures: Figures;
  /** Why it counts for nothing: messages that were lost, doubled or out of order, failed requests. */
  faults: string[];
  /** Other work of the machine meanwhile, in cores. */
  others?: number;
}

/** A goal for the median of all rounds. */
export interface Goal {
  metric: Metric;
  /** `ratio`: the first side's over the second's. */
  of: "value" | "ratio";
  atLeast?: number;
  atMost?: number;
}

export interface Side {
  name: string;
  measure(): Promise<Run>;
}

/** All that a scenario needs is started. */
export interface Stage {
  /** Measured in turn. */
  sides: Side[];
  close(): Promise<void>;
}

export interface Timing {
  /** Of each run, after the warm-up. */
  seconds: number;
  warmUpSeconds: number;
}

export interface Scenario {
  /** On the command line; several have the same. */
  name: string;
  title: string;
  /** The scenario in a sentence. */
  about: string;
  /** The unit of work that CPU time is divided by. */
  per: string;
  /** Whether the first side is held against the second, or each stands for itself. */
  isComparison: boolean;
  metrics: readonly Metric[];
  goals: readonly Goal[];
  open(services: Services, timing: Timing): Promise<Stage>;
}
