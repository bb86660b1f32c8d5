// For `bun --preload`, and for the binary by BUN_OPTIONS: the server gets requests that make it fail as a fault of the
// program would. PLANT names a failure of a command that serves nothing.

const blockForEver = () => {
  for (;;);
};

const failures: Record<string, () => void> = {
  timer: () => void setTimeout(() => fail("in a timer"), 1),
  microtask: () => queueMicrotask(() => fail("in a microtask")),
  promise: () => void Bun.sleep(1).then(() => fail("in a late promise")),
  nothing: () => void Promise.reject(undefined),
  "hung loop": () => {
    setTimeout(() => fail("before the loop hangs"), 1);
    setTimeout(blockForEver, 1);
  },
  "broken logger": () => {
    process.stdout.write = () => fail("by the logger");
    setTimeout(() => fail("before the logger fails"), 1);
  },
};

function fail(where: string): never {
  throw new Error(`planted ${where}\nwith a second line`);
}

const serve = Bun.serve;
Object.assign(Bun, {
  serve(options: Bun.Serve.Options<unknown>) {
    const { fetch } = options;
    if (!fetch) return serve(options);
    const server = serve({
      ...options,
      fetch(request: Request, server: Bun.Server<unknown>) {
        const [, kind = ""] = /\/plant\/(.+)/.exec(decodeURIComponent(request.url)) ?? [];
        if (kind === "hung stop") {
          Object.assign(server, { stop: () => new Promise(() => {}) });
          failures["timer"]?.();
        } else failures[kind]?.();
        return kind === "" ? fetch.call(server, request, server) : new Response("planted");
      },
    } as Bun.Serve.Options<unknown>);
    return server;
  },
});

// The first thing that any command does.
const { umask } = process;
process.umask = (mask?: number | string) => {
  failures[process.env["PLANT"] ?? ""]?.();
  return mask === undefined ? umask() : umask(mask);
};
