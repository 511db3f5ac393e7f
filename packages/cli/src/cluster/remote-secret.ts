import { fieldsOf, itemsOf, textOf } from '@meshwork/kube/client'
import { objectName } from './cluster-reader.ts'
import type { MemberCluster } from './member-cluster.ts'

const LABEL = 'istio/multiCluster'
const CLUSTER_ANNOTATION = 'networking.istio.io/cluster'

/** How another cluster is reached. */
export interface RemoteAccess {
  readonly id: string
  readonly server: string
  /** PEM; '' where well-known roots vouch for the server. */
  readonly serverRoot: string
  readonly token: string
}

/** The Secret by which a control plane finds another cluster, as Istio's `create-remote-secret` writes it. */
export function remoteSecret(namespace: string, { id, server, serverRoot, token }: RemoteAccess): object {
  const cluster = { server, ...(serverRoot !== '' && { 'certificate-authority-data': Buffer.from(serverRoot).toString('base64') }) }
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': id,
    clusters: [{ name: id, cluster }],
    contexts: [{ name: id, context: { cluster: id, user: id } }],
    users: [{ name: id, user: { token } }],
  }
  const labels = { [LABEL]: 'true', 'app.kubernetes.io/managed-by': 'meshwork', 'app.kubernetes.io/part-of': 'istio' }
  const metadata = { name: secretName(id), namespace, labels, annotations: { [CLUSTER_ANNOTATION]: id } }
  const data = { [id]: Buffer.from(JSON.stringify(kubeconfig, undefined, 2)).toString('base64') }
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data }
}

/** One key of one Secret. */
export interface KnownRemote {
  readonly id: string
  readonly secret: string
  readonly kubeconfig: string
}

/** The clusters that Secrets name, whoever wrote them. */
export async function knownRemotes(cluster: MemberCluster): Promise<readonly KnownRemote[]> {
  const path = `/api/v1/namespaces/${cluster.namespace}/secrets?labelSelector=${encodeURIComponent(`${LABEL}=true`)}`
  return itemsOf((await cluster.read(path))?.['items']).flatMap(item => {
    const { metadata, data } = fieldsOf(item)
    const secret = `${cluster.namespace}/${textOf(fieldsOf(metadata)['name'])}`
    return Object.entries(fieldsOf(data)).map(([id, value]) => ({
      id,
      secret,
      kubeconfig: Buffer.from(textOf(value), 'base64').toString(),
    }))
  })
}

export function secretPath({ namespace }: MemberCluster, id: string): string {
  return `/api/v1/namespaces/${namespace}/secrets/${secretName(id)}`
}

function secretName(id: string): string {
  return `istio-remote-secret-${objectName(id)}`
}
