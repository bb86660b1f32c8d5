import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: "./src/server/platform/postgres/schema/*.ts",
  out: "./drizzle",
});
