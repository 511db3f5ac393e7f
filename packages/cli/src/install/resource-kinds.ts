import { groupOf, type ObjectKey } from './kube-object.ts'

/** How an API server calls the objects of one kind. */
export interface ResourceKind {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly isNamespaced: boolean
}

export const POD: ResourceKind = namespaced('v1', 'Pod', 'pods')
export const NAMESPACE: ResourceKind = cluster('v1', 'Namespace', 'namespaces')

/**
 * Every kind that an installation is made of, in the order in which objects are made: what others name comes first, webhooks come when
 * those they call are there. Removed in the opposite order, but for webhooks, which go first: see `removalOrder`.
 */
export const INSTALLED_KINDS: readonly ResourceKind[] = [
  NAMESPACE,
  cluster('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions'),
  namespaced('v1', 'ServiceAccount', 'serviceaccounts'),
  cluster('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles'),
  cluster('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings'),
  namespaced('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  namespaced('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  namespaced('v1', 'ConfigMap', 'configmaps'),
  namespaced('v1', 'Secret', 'secrets'),
  namespaced('v1', 'Service', 'services'),
  namespaced('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  namespaced('apps/v1', 'Deployment', 'deployments'),
  namespaced('apps/v1', 'DaemonSet', 'daemonsets'),
  namespaced('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  namespaced('coordination.k8s.io/v1', 'Lease', 'leases'),
  namespaced('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  cluster('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations'),
  cluster('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations'),
  namespaced('security.istio.io/v1', 'PeerAuthentication', 'peerauthentications'),
  namespaced('networking.istio.io/v1', 'Gateway', 'gateways'),
  namespaced('networking.istio.io/v1', 'DestinationRule', 'destinationrules'),
  namespaced('networking.istio.io/v1', 'EnvoyFilter', 'envoyfilters'),
]

function cluster(apiVersion: string, kind: string, plural: string): ResourceKind {
  return { apiVersion, kind, plural, isNamespaced: false }
}

function namespaced(apiVersion: string, kind: string, plural: string): ResourceKind {
  return { apiVersion, kind, plural, isNamespaced: true }
}

export function resourceKindOf(key: Pick<ObjectKey, 'apiVersion' | 'kind'>): ResourceKind | undefined {
  return INSTALLED_KINDS.find(({ apiVersion, kind }) => kind === key.kind && groupOf({ apiVersion }) === groupOf(key))
}

/** Position in the order of making; what is not in the table comes last. */
export function orderOf(key: Pick<ObjectKey, 'apiVersion' | 'kind'>): number {
  const kind = resourceKindOf(key)
  return kind === undefined ? INSTALLED_KINDS.length : INSTALLED_KINDS.indexOf(kind)
}

/** Webhooks first, because they would hold up everything once nobody answers them; then backwards. */
export function removalOrder(a: ObjectKey, b: ObjectKey): number {
  return Number(isWebhook(b)) - Number(isWebhook(a)) || orderOf(b) - orderOf(a)
}

function isWebhook({ kind }: ObjectKey): boolean {
  return kind.endsWith('WebhookConfiguration')
}

/** Path of all objects of a kind: in one namespace, or everywhere. */
export function collectionPath({ apiVersion, plural, isNamespaced }: ResourceKind, namespace = ''): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  return isNamespaced && namespace !== '' ? `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}` : `${root}/${plural}`
}

export function objectPath(kind: ResourceKind, { namespace, name }: ObjectKey): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`
}
