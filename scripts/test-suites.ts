import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KUBERNETES_CACHE } from '@meshwork/testkit/kubernetes'

/** A program whose tests count. */
export interface Suite {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
  /** Where vitest writes its JSON report; otherwise the closing line is counted. */
  readonly report?: string
}

const recordings = fileURLToPath(new URL('../../shared/conformance', import.meta.url))

function vitest(project: string, folder: string): Suite {
  const report = join(folder, `${project}.json`)
  return {
    name: `${project} tests`,
    program: 'vitest',
    args: ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    report,
  }
}

function conformance(suite: string, folder: string): Suite {
  const report = join(folder, `conformance-${suite}.json`)
  return { name: `conformance ${suite}`, program: 'node', args: ['scripts/conformance.ts', suite, '--report', report], report }
}

const RECORDED_SUITES = ['mixer-attributes', 'mixer-expr', 'envoy-parity', 'traffic']

/**
 * Scenarios on real clusters that `npm test` has time for: each of the others takes minutes and clusters of its own. `npm run e2e -- kube`
 * runs them all.
 */
const SHORT_KUBE = ['cluster', 'images', 'chart-parity', 'helm-parity', 'node-agent', 'bookinfo'].map(
  name => `e2e/src/kube/${name}.spec.ts`,
)

function shortKube(folder: string): Suite {
  const suite = vitest('kube', folder)
  return { ...suite, args: [...suite.args, ...SHORT_KUBE] }
}

/** All suites, cheap ones first. Recordings are run where they are beside the repository, clusters where Kubernetes is built. */
export function suites(folder: string): Suite[] {
  const recorded = existsSync(recordings) ? RECORDED_SUITES.map(suite => conformance(suite, folder)) : []
  return [
    { name: 'checks', program: 'node', args: ['scripts/check/main.ts'] },
    vitest('unit', folder),
    vitest('process', folder),
    ...recorded,
    vitest('e2e', folder),
    ...(existsSync(KUBERNETES_CACHE) ? [shortKube(folder)] : []),
    { name: 'demo', program: 'node', args: ['packages/cli/bin/meshctl.mjs', 'demo', '--once'] },
    { name: 'acceptance rows', program: 'node', args: ['scripts/rows/main.ts'] },
  ]
}
