import { defineConfig, type ViteUserConfig } from "vitest/config";

// One worker on two cores leaves one idle while a test waits for a command that it runs.
const shared = { testTimeout: 60_000, hookTimeout: 120_000, pool: "forks" as const, maxWorkers: 2 };

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: "fast", include: ["test/**/*.test.ts"], exclude: ["test/**/*.slow.test.ts"] } },
      { test: { ...shared, name: "slow", include: ["test/**/*.slow.test.ts"], testTimeout: 900_000 } },
    ],
  },
});
export default config;
