import type { InstallCluster } from './install-cluster.ts'
import { REVISION_LABEL } from './ownership.ts'
import type { ValueTree } from './set-values.ts'

/** Revision whose installation has what all revisions of a namespace share; undefined: nobody has it yet. */
export async function sharingRevision(cluster: InstallCluster, namespace: string): Promise<string | undefined> {
  const citadel = await cluster.read({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'istio-citadel' })
  return citadel?.metadata.labels?.[REVISION_LABEL]
}

/**
 * A second revision uses the certificate authority, mixer and the gateways of the first: they have no revision in their names.
 * Whoever wants otherwise says so in a file or by `--set`.
 */
export function besideOthers(sharing: string | undefined, revision: string): ValueTree {
  if (sharing === undefined || sharing === revision) return {}
  return {
    citadel: { enabled: false },
    mixer: { policy: { enabled: false }, telemetry: { enabled: false } },
    gateways: { 'istio-ingressgateway': { enabled: false }, 'istio-egressgateway': { enabled: false } },
  }
}
