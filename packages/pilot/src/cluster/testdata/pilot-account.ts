import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** An API server as the test kit starts it. */
interface Server {
  readonly url: string
  readonly rootPem: string
  kubectl(args: readonly string[], input?: string): Promise<string>
}

const READ = ['list', 'watch']
const GROUPS = ['networking', 'security', 'telemetry', 'extensions', 'authentication', 'rbac', 'config'].map(each => `${each}.istio.io`)

/** The rights of pilot as the README of packages/kube has them, as far as its tests exercise them. */
const RULES = [
  { apiGroups: [''], resources: ['services', 'pods', 'nodes', 'namespaces', 'serviceaccounts'], verbs: READ },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'ingressclasses'], verbs: READ },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['patch'] },
  { apiGroups: GROUPS, resources: ['*'], verbs: READ },
  { apiGroups: GROUPS, resources: ['*/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['create'] },
]

/** Secrets in the namespace of the gateway only. */
const OWN = [
  { apiGroups: [''], resources: ['secrets'], verbs: READ },
  { apiGroups: [''], resources: ['configmaps'], verbs: [...READ, 'create', 'patch', 'delete'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
]

/** Makes an account with the rights of pilot in `istio-system`, which must be there. Gives its kubeconfig, a file in `folder`. */
export async function pilotAccount(server: Server, folder: string): Promise<string> {
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' }
  const metadata = { name: 'pilot', namespace: 'istio-system' }
  const subjects = [{ kind: 'ServiceAccount', ...metadata }]
  const refer = (kind: string): object => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: 'pilot' })
  const items = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { ...rbac, kind: 'ClusterRole', metadata: { name: 'pilot' }, rules: RULES },
    { ...rbac, kind: 'ClusterRoleBinding', metadata: { name: 'pilot' }, roleRef: refer('ClusterRole'), subjects },
    { ...rbac, kind: 'Role', metadata, rules: OWN },
    { ...rbac, kind: 'RoleBinding', metadata, roleRef: refer('Role'), subjects },
  ]
  await server.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  const token = (await server.kubectl(['-n', 'istio-system', 'create', 'token', 'pilot'])).trim()
  const file = join(folder, 'kubeconfig')
  const cluster = { server: server.url, 'certificate-authority-data': Buffer.from(server.rootPem).toString('base64') }
  const context = { cluster: 'c', user: 'pilot', namespace: 'istio-system' }
  const [clusters, users, contexts] = [[{ name: 'c', cluster }], [{ name: 'pilot', user: { token } }], [{ name: 'x', context }]]
  writeFileSync(file, JSON.stringify({ clusters, users, contexts, 'current-context': 'x' }))
  return file
}
