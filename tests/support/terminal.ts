import { CONFAB } from "./process.ts";

const PATIENCE_MS = 30_000;

/** Runs a command on a terminal of its own, and types there. */
export function openTerminal(args: string[], environment: Record<string, string>) {
  let shown = "";
  let read = 0;
  const child = Bun.spawn([...CONFAB, ...args], {
    env: { PATH: process.env["PATH"], ...environment },
    terminal: {
      cols: 200,
      rows: 50,
      data: (_terminal, bytes) => {
        shown += Buffer.from(bytes).toString();
      },
    },
  });
  /** Waits until this text appears after all texts that were waited for before. */
  const sees = async (text: RegExp) => {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = text.exec(shown.slice(read));
      if (found) {
        read += found.index + found[0].length;
        return;
      }
      if (performance.now() > until) throw new Error(`${text} does not come. The terminal shows:\n${shown}`);
      await Bun.sleep(10);
    }
  };
  return {
    exited: child.exited,
    text: () => shown,
    sees,
    async answer(question: string, text: string) {
      await sees(new RegExp(question));
      child.terminal?.write(`${text}\r`);
    },
  };
}
