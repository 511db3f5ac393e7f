import { defineConfig } from 'vitest/config'

/** Tests read source (`dev` condition); what they start as processes runs from `dist`, which `npm test` builds first. */
const resolve = { conditions: ['dev', 'node', 'import', 'default'] }
const ssr = { resolve: { conditions: ['dev', 'node', 'import', 'default'], externalConditions: ['dev', 'node', 'import', 'default'] } }

export default defineConfig({
  resolve,
  ssr,
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.spec.ts', 'protos/src/**/*.spec.ts', 'scripts/**/*.spec.ts', 'bench/src/**/*.spec.ts'],
          exclude: ['**/*.process.spec.ts', '**/node_modules/**'],
          pool: 'threads',
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'process',
          include: ['packages/*/src/**/*.process.spec.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e',
          include: ['e2e/src/**/*.spec.ts'],
          exclude: ['e2e/src/kube/**', '**/node_modules/**'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'kube',
          include: ['e2e/src/kube/**/*.spec.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
