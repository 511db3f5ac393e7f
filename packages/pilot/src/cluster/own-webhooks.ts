import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import type { KubeClient } from '@meshwork/kube/client'
import { IssuedTls } from '../serve/issued-tls.ts'
import type { ServerTls } from '../serve/server-tls.ts'
import { WebhookBundles } from './webhook-bundles.ts'

/** Where citadel issues our certificate, API servers are told by us whom to trust; with files that is whoever's who wrote them. */
export function webhookBundles(tls: ServerTls, client: KubeClient | null, log: Logger): readonly Runner[] {
  if (client === null || !(tls instanceof IssuedTls)) return []
  // The Service has the name of the account (charts/mesh).
  const name = process.env['SERVICE_ACCOUNT'] || 'istiod'
  const namespace = process.env['POD_NAMESPACE'] || client.namespace
  const bundles = new WebhookBundles({ client, service: { name, namespace }, rootsPem: () => tls.rootsPem, clock: systemClock, log })
  tls.onChange(() => bundles.rootsChanged())
  return [bundles]
}
