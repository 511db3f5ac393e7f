import { fileURLToPath } from 'node:url'
import { freePort } from '@meshwork/testkit/net'
import { type BenchRun, LOAD_CORE, SUBJECT_CORE } from '../harness/bench-run.ts'
import type { PinnedProcess } from '../harness/pinned-process.ts'
import type { EnvoyResources } from './envoy-resources.ts'

/**
 * Our proxy as it is shipped, with its configuration over ADS from a control plane in another process.
 * Resolves when something accepts on `port`.
 */
export async function startMeshwork(run: BenchRun, resources: EnvoyResources, port: number): Promise<PinnedProcess> {
  const file = await run.file(`meshwork-${port}.json`, JSON.stringify(resources))
  const plane = run.start(LOAD_CORE, process.execPath, [
    ...process.execArgv,
    fileURLToPath(new URL('xds-process.ts', import.meta.url)),
    file,
  ])
  const xds = await plane.firstLine()
  const proxy = run.start(SUBJECT_CORE, process.execPath, [
    ...process.execArgv,
    fileURLToPath(import.meta.resolve('@meshwork/proxy/main')),
    'sidecar',
    ...['--node-id', 'sidecar~127.0.0.1~bench.default~default.svc.cluster.local'],
    ...['--xds-address', xds, '--sds-address', xds, '--admin-address', `127.0.0.1:${await freePort()}`],
  ])
  await proxy.accepts(port)
  return proxy
}
