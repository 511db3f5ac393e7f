import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Tests read source (`dev` condition); what they start as processes runs from `dist`, which `npm test` builds first. */
const resolve = { conditions: ['dev', 'node', 'import', 'default'] }
const ssr = { resolve: { conditions: ['dev', 'node', 'import', 'default'], externalConditions: ['dev', 'node', 'import', 'default'] } }

/** The scenario that compares roles with what all others used of them comes after these. */
class RolesLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLast = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('/kube/roles.spec.ts')
    const sorted = await super.sort(files)
    return [...sorted.filter(file => !isLast(file)), ...sorted.filter(isLast)]
  }
}

export default defineConfig({
  resolve,
  ssr,
  test: {
    sequence: { sequencer: RolesLast },
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
