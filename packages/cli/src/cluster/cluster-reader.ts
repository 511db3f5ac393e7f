import { textOf, fieldsOf } from '@meshwork/kube/client'
import { MeshError } from '@meshwork/core/result'
import type { MemberCluster } from './member-cluster.ts'

/** A year: who joins again before its end gets a new token, and `cluster check` says when it is near. */
export const TOKEN_SECONDS: number = 365 * 24 * 3600

const LABELS = {
  'app.kubernetes.io/managed-by': 'meshwork',
  'app.kubernetes.io/part-of': 'istio',
  'install.meshwork.dev/component': 'cluster-reader',
}

/** What a control plane reads of another cluster: where services are, and by which root their workloads are known. */
const RULES = [
  { apiGroups: [''], resources: ['services', 'pods', 'nodes', 'namespaces'], verbs: ['list', 'watch'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['configmaps'], resourceNames: ['istio-ca-root-cert'], verbs: ['get'] },
]

interface Written {
  readonly path: string
  readonly body: object
}

/** The account that the control plane of `reader` has in `cluster`, one for each, so that any of them can be taken away alone. */
function readerObjects({ namespace }: MemberCluster, reader: string): readonly Written[] {
  const [name, roleName] = [accountName(reader), `${accountName(reader)}-${namespace}`]
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' }
  const roles = '/apis/rbac.authorization.k8s.io/v1'
  return [
    { path: `/api/v1/namespaces/${namespace}`, body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } },
    {
      path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`,
      body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels: LABELS } },
    },
    {
      path: `${roles}/clusterroles/${roleName}`,
      body: { ...rbac, kind: 'ClusterRole', metadata: { name: roleName, labels: LABELS }, rules: RULES },
    },
    {
      path: `${roles}/clusterrolebindings/${roleName}`,
      body: {
        ...rbac,
        kind: 'ClusterRoleBinding',
        metadata: { name: roleName, labels: LABELS },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    },
  ]
}

/** Makes the account, or brings it up to date, and gives a token for it. */
export async function createReader(cluster: MemberCluster, reader: string): Promise<string> {
  for (const { path, body } of readerObjects(cluster, reader)) await cluster.apply(path, body)
  const path = `/api/v1/namespaces/${cluster.namespace}/serviceaccounts/${accountName(reader)}/token`
  const spec = { expirationSeconds: TOKEN_SECONDS }
  const answer = await cluster.post(path, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec })
  const token = textOf(fieldsOf(answer['status'])['token'])
  if (token !== '') return token
  throw new MeshError('NO_TOKEN', `${cluster.name} gives no token for ${accountName(reader)}`, { nextStep: `ask its API server: ${path}` })
}

/** Paths of what was there; its tokens are worth nothing from now on. The namespace stays. */
export async function removeReader(cluster: MemberCluster, reader: string): Promise<readonly string[]> {
  const removed: string[] = []
  for (const { path } of readerObjects(cluster, reader).slice(1).toReversed()) if (await cluster.remove(path)) removed.push(path)
  return removed
}

/** `istio-reader-west`; names of accounts are in lower case. */
function accountName(reader: string): string {
  return `istio-reader-${objectName(reader)}`
}

/** An id of a cluster as part of the name of an object. */
export function objectName(id: string): string {
  return id.toLowerCase().replaceAll('_', '-')
}
