import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [process.env.FAIRWAY_BENCH ? 'bench/**/*.test.ts' : 'tests/**/*.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    fileParallelism: false,
  },
});
