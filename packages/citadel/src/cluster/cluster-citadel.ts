import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { KubeClient } from '@meshwork/kube/client'
import { KubeSecretStore } from '@meshwork/kube/secrets'
import { TokenReviewAuthenticator } from '@meshwork/kube/tokens'

import { loadPluggedIn } from '../ca/plugged-in-root.ts'
import { loadOrCreateRoot } from '../ca/self-signed-root.ts'
import { buildCitadel, type CitadelPorts, fileTokens, rootOptions } from '../citadel.ts'
import type { CitadelOptions } from '../flags/options.ts'
import { OWNED_BY_CITADEL } from './owned-by-citadel.ts'
import { publishedRoots, RootPublisher } from './root-publisher.ts'

/** Of the Secret that citadel makes, as of 1.0. */
const SECRET_TYPE = 'istio.io/ca-root'
const ACCOUNT = 'istio-citadel'

/** Citadel that serves a cluster; null: the flags name none. */
export async function clusterCitadel(options: CitadelOptions, clock: Clock, log: Logger): Promise<readonly Runner[] | null> {
  const client = KubeClient.ofFlags(options.cluster)
  if (client === null) return null
  const namespace = options.namespace ?? client.namespace
  const store = new KubeSecretStore({ client, namespace, type: SECRET_TYPE, labels: OWNED_BY_CITADEL })
  const ports: CitadelPorts = {
    authority: async () => (await loadPluggedIn(store, clock)) ?? loadOrCreateRoot(store, rootOptions(options), clock),
    pluggedIn: () => loadPluggedIn(store, clock),
    published: () => publishedRoots(client, namespace),
    tokens: (await fileTokens(options, clock)) ?? new TokenReviewAuthenticator({ client, audience: options.tokenAudience, clock, log }),
    account: { namespace, name: ACCOUNT },
    withRoots: rootsPem => [new RootPublisher({ client, rootsPem, clock, log })],
    clock,
    log,
  }
  return buildCitadel(options, ports)
}
