import type { Owner } from '../install/ownership.ts'

/** What checks look at: read once, then nothing asks the cluster again. Times are milliseconds since the epoch. */
export interface ClusterView {
  /** By the clock of this machine. */
  readonly at: number
  /** Of the control plane. */
  readonly namespace: string
  readonly revision: string
  readonly cliVersion: string
  readonly api: ApiView
  /** Answers of the API server: `create services` in the namespace of the mesh, `create clusterroles` in the cluster. */
  readonly rights: ReadonlyMap<string, boolean>
  /** Kinds that the cluster serves, as `apps/v1`. */
  readonly groups: ReadonlySet<string>
  /** Lists that could not be read, with the reason. Checks that need one are skipped. */
  readonly unreadable: ReadonlyMap<ListName, string>
  readonly nodes: readonly NodeView[]
  readonly namespaces: readonly NamespaceView[]
  readonly definitions: readonly DefinitionView[]
  readonly webhooks: readonly WebhookView[]
  /** ClusterRoles and ClusterRoleBindings of any mesh. */
  readonly roles: readonly OwnedView[]
  readonly bindings: readonly OwnedView[]
  readonly pods: readonly PodView[]
  readonly services: readonly ServiceView[]
  /** Of the mesh's namespace, as all below. */
  readonly deployments: readonly DeploymentView[]
  readonly endpoints: readonly EndpointsView[]
  readonly configMaps: readonly ConfigMapView[]
  readonly accounts: readonly string[]
  readonly budgets: readonly string[]
  readonly quotas: readonly string[]
  /** ConfigMaps with the mesh's root, of all namespaces. */
  readonly roots: readonly ConfigMapView[]
  readonly pages: Readonly<Record<PageName, PageView>>
}

export const LIST_NAMES = [
  'nodes',
  'namespaces',
  'definitions',
  'webhooks',
  'roles',
  'bindings',
  'pods',
  'services',
  'deployments',
  'endpoints',
  'configMaps',
  'accounts',
  'budgets',
  'quotas',
  'roots',
  'pages',
] as const
export type ListName = (typeof LIST_NAMES)[number]

export type PageName = 'pilotReady' | 'pilotMetrics' | 'injector' | 'citadelReady' | 'citadelMetrics'

/** What a part of the control plane answered by way of the API server. */
export interface PageView {
  /** 0: no answer. */
  readonly status: number
  readonly text: string
}

export interface ApiView {
  readonly server: string
  /** Why there was no answer. */
  readonly problem: string | undefined
  /** `v1.34.4`. */
  readonly version: string
  readonly answeredInMs: number
  /** This machine's clock minus the server's; undefined if the server does not say. */
  readonly clockSkewMs: number | undefined
}

export interface OwnedView {
  readonly name: string
  readonly owner: Owner
  /** Namespace of the mesh that it belongs to, as its labels say; '' if they do not. */
  readonly home: string
}

export interface NodeView {
  readonly name: string
  readonly isReady: boolean
  readonly os: string
  readonly arch: string
}

export interface NamespaceView {
  readonly name: string
  readonly isTerminating: boolean
  readonly labels: Readonly<Record<string, string>>
}

export interface DefinitionView extends OwnedView {
  readonly group: string
  readonly isEstablished: boolean
  readonly versions: readonly string[]
}

export interface WebhookView extends OwnedView {
  /** Of the configuration's webhooks, the first that matters. */
  readonly type: 'mutating' | 'validating'
  readonly hooks: readonly HookView[]
}

export interface HookView {
  readonly name: string
  /** namespace/name of the service; '' for a URL. */
  readonly service: string
  readonly port: number
  readonly path: string
  readonly caBundle: string
  readonly failurePolicy: string
  readonly seesPods: boolean
  /** Text of both selectors, to find labels in. */
  readonly selectors: string
}

export interface PodView {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly phase: string
  readonly isReady: boolean
  /** Why a container waits or the pod is not placed: `ImagePullBackOff`, `Unschedulable`. */
  readonly waiting: readonly string[]
  readonly restarts: number
  readonly isHostNetwork: boolean
  /** Kind of the owner: `ReplicaSet`, `Job`. */
  readonly ownerKind: string
  readonly sidecar: SidecarView | undefined
  /** User ids that containers other than the sidecar run as. */
  readonly users: readonly number[]
}

export interface SidecarView {
  readonly image: string
  readonly isReady: boolean
  /** In the list of init containers, with restartPolicy Always. */
  readonly isNative: boolean
}

export interface ServiceView {
  readonly name: string
  readonly namespace: string
  readonly type: string
  readonly hasAddress: boolean
  readonly ports: readonly { readonly name: string; readonly port: number; readonly appProtocol: string; readonly protocol: string }[]
  readonly labels: Readonly<Record<string, string>>
}

export interface DeploymentView {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly wanted: number
  readonly available: number
  readonly images: readonly string[]
}

export interface EndpointsView {
  readonly service: string
  readonly ready: number
}

export interface ConfigMapView {
  readonly name: string
  readonly namespace: string
  readonly data: Readonly<Record<string, string>>
}
