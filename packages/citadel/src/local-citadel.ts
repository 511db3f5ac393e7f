import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { DirectorySecretStore } from '@meshwork/core/ports'
import { MeshError } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'

import { loadPluggedIn } from './ca/plugged-in-root.ts'
import { loadOrCreateRoot } from './ca/self-signed-root.ts'
import { buildCitadel, fileTokens, rootOptions } from './citadel.ts'
import type { CitadelOptions } from './flags/options.ts'

/** Citadel without a cluster: its root is in a folder, tokens are checked with the keys of a file. */
export async function localCitadel(options: CitadelOptions, clock: Clock, log: Logger): Promise<readonly Runner[]> {
  const tokens = await fileTokens(options, clock)
  if (options.stateDir === null || tokens === null) {
    throw new MeshError('BAD_FLAG', 'without a cluster, --state-dir and --jwks-file are needed', { source: 'config' })
  }
  const store = new DirectorySecretStore(options.stateDir)
  return buildCitadel(options, {
    authority: async () => (await loadPluggedIn(store, clock)) ?? loadOrCreateRoot(store, rootOptions(options), clock),
    pluggedIn: () => loadPluggedIn(store, clock),
    // Files of a folder that somebody else filled are no word of ours.
    published: () => Promise.resolve(''),
    tokens,
    account: { namespace: 'istio-system', name: 'istio-citadel-service-account' },
    withRoots: () => [],
    clock,
    log,
  })
}
