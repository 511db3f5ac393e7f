import { freePort } from '@meshwork/testkit/net'
import { type BenchRun, requiredPeer, SUBJECT_CORE } from '../harness/bench-run.ts'
import type { PinnedProcess } from '../harness/pinned-process.ts'
import { type EnvoyResources, socketAddress } from './envoy-resources.ts'

/** Envoy with one worker. Resolves when something accepts on `port`. */
export async function startEnvoy(run: BenchRun, resources: EnvoyResources, port: number): Promise<PinnedProcess> {
  const bootstrap = { static_resources: resources, admin: { address: socketAddress(await freePort()) } }
  const file = await run.file(`envoy-${port}.json`, JSON.stringify(bootstrap))
  const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'error']
  const process = run.start(SUBJECT_CORE, requiredPeer('envoy'), args)
  await process.accepts(port)
  return process
}
