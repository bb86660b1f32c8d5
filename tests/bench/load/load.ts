import { join } from "node:path";
import type { Answer, Ask, Connected, Order, Result, Seat } from "./protocol.ts";

const PROGRAM = [process.execPath, "--no-env-file", join(import.meta.dir, "process.ts")];

/** A generator in a process of its own. */
export class Load {
  private answered = Promise.withResolvers<Answer>();
  private readonly child = Bun.spawn(PROGRAM, {
    stdio: ["ignore", "inherit", "inherit"],
    ipc: (answer: Answer) => this.answered.resolve(answer),
    onExit: () => this.answered.resolve({ failed: "the load generator has ended" }),
  });

  get pid(): number {
    return this.child.pid;
  }

  /** @throws when one can't connect */
  async connect(seats: Seat[]): Promise<Connected> {
    const answer = await this.ask({ connect: seats });
    if ("connected" in answer) return answer.connected;
    throw new Error("failed" in answer ? answer.failed : "the load generator misunderstood");
  }

  async run(order: Order): Promise<Result> {
    const answer = await this.ask({ run: order });
    if ("result" in answer) return answer.result;
    throw new Error("failed" in answer ? answer.failed : "the load generator misunderstood");
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
  }

  private async ask(ask: Ask): Promise<Answer> {
    this.answered = Promise.withResolvers();
    this.child.send(ask);
    return this.answered.promise;
  }
}
