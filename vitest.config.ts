import { defineConfig, type ViteUserConfig } from "vitest/config";

const shared = { testTimeout: 60_000, hookTimeout: 120_000, pool: "forks" as const };

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: "fast", include: ["test/**/*.test.ts"], exclude: ["test/**/*.slow.test.ts"] } },
      { test: { ...shared, name: "slow", include: ["test/**/*.slow.test.ts"], testTimeout: 900_000 } },
    ],
  },
});
export default config;
