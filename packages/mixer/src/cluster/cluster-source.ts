import { KINDS } from '@meshwork/config/kinds'
import type { ConfigSource } from '@meshwork/config/source'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { KubeClient } from '@meshwork/kube/client'
import { KubeSource } from '@meshwork/kube/source'
import type { MixerOptions } from '../flags/options.ts'

const GROUP = 'config.istio.io/'

/** Mixer's kinds of the cluster that the flags name; null: they name none. */
export function clusterSource(options: MixerOptions, { clock, log }: { readonly clock: Clock; readonly log: Logger }): ConfigSource | null {
  const client = KubeClient.ofFlags(options)
  if (client === null) return null
  const kinds = KINDS.filter(({ apiVersions: [apiVersion] }) => apiVersion.startsWith(GROUP))
  return new KubeSource({ client, kinds, clock, log })
}
