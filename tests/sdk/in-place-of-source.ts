import { plugin } from "bun";

// Preloaded by built.test.ts: who imports the client's source gets the built module of this environment instead.
plugin({
  name: "the built client in place of its source",
  setup(build) {
    build.onLoad({ filter: /\/src\/sdk\/index\.ts$/ }, () => ({
      contents: `export * from ${JSON.stringify(process.env["CONFAB_BUILT_CLIENT"])};`,
      loader: "ts",
    }));
  },
});
