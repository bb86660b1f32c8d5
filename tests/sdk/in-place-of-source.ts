import { plugin } from "bun";

// Preloaded by built.test.ts: an import of the client's source loads the built module that CONFAB_BUILT_CLIENT names.
plugin({
  name: "the built client in place of its source",
  setup(build) {
    build.onLoad({ filter: /\/src\/sdk\/index\.ts$/ }, () => ({
      contents: `export * from ${JSON.stringify(process.env["CONFAB_BUILT_CLIENT"])};`,
      loader: "ts",
    }));
  },
});
