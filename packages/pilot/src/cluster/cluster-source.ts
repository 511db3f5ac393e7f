import { type KindDefinition, KINDS, type MeshConfigSpec } from '@meshwork/config/kinds'
import type { ConfigSource } from '@meshwork/config/source'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import type { KubeClient } from '@meshwork/kube/client'
import { KubeSource, SourceWithSecrets } from '@meshwork/kube/source'
import type { ObjectRecords } from '@meshwork/kube/status'
import type { Command } from 'commander'
import { GatewaySecretDemand } from './gateway-secret-demand.ts'
import { type RevisionNames, RevisionSource } from './revision-source.ts'

/** Under which the objects of the cluster, and what is refused of them, are kept. */
export const CLUSTER_SOURCE = 'kubernetes'

/**
 * Not read from a cluster: settings of the mesh are a file there, Endpoints stand in EndpointSlices as well, Secrets are read only
 * where gateways need them.
 */
const OMITTED: ReadonlySet<string> = new Set(['MeshConfig', 'Endpoints', 'Secret'])

/** Handlers, instances and rules: mixer's own; of this group pilot needs only what tells proxies when to ask mixer. */
const MIXER_GROUP = 'config.istio.io/'
const MIXER_CLIENT_KINDS: ReadonlySet<string> = new Set(['HTTPAPISpec', 'HTTPAPISpecBinding', 'QuotaSpec', 'QuotaSpecBinding'])

/** Everything that pilot reads from an API server, Secrets apart. */
export const CLUSTER_KINDS: readonly KindDefinition[] = KINDS.filter(
  ({ kind, apiVersions: [apiVersion] }) => !OMITTED.has(kind) && (!apiVersion.startsWith(MIXER_GROUP) || MIXER_CLIENT_KINDS.has(kind)),
)

/** Kinds whose definitions have a status that is pilot's to write: those of the mesh's own groups. */
export const STATUS_KINDS: readonly KindDefinition[] = CLUSTER_KINDS.filter(({ apiVersions: [apiVersion] }) =>
  /^[a-z]+\.istio\.io\//.test(apiVersion),
)

/** Kinds whose objects may be for one revision only. */
const REVISIONED_KINDS: ReadonlySet<string> = new Set(
  CLUSTER_KINDS.filter(({ apiVersions: [apiVersion] }) => /(\.istio\.io|meshwork\.dev)\//.test(apiVersion)).map(({ kind }) => kind),
)

/** Those, and Ingresses, which get the address of the gateway. */
export const RECORDED_KINDS: readonly KindDefinition[] = [...STATUS_KINDS, ...CLUSTER_KINDS.filter(({ kind }) => kind === 'Ingress')]

const SECRETS = KINDS.filter(({ kind }) => kind === 'Secret')
/** Tokens and releases of Helm are Secrets too, large and many, and never a credential of a gateway. */
const CREDENTIALS = 'type!=kubernetes.io/service-account-token,type!=helm.sh/release.v1'

export function addClusterFlags(command: Command): Command {
  return command
    .option('--in-cluster', 'read the objects of the cluster in which this runs as a pod')
    .option('--kubeconfig <file>', 'read the objects of the cluster of this kubeconfig')
}

export interface ClusterSourceOptions {
  readonly client: KubeClient
  readonly mesh: Pick<MeshConfigSpec, 'ingressSelector'>
  /** What origins of its objects begin with. */
  readonly name?: string
  /** Is told of generations and statuses. */
  readonly records?: ObjectRecords
  /** Revision and tags whose configuration is read. */
  readonly revision: RevisionNames
  readonly clock: Clock
  readonly log: Logger
}

/** The objects of a cluster, with the Secrets of those namespaces whose gateways need them; not the configuration of other revisions. */
export function clusterSource({ mesh, records, revision, ...options }: ClusterSourceOptions): ConfigSource {
  const source = new KubeSource({ ...options, kinds: CLUSTER_KINDS, ...(records !== undefined && { records }) })
  return new SourceWithSecrets({
    source: new RevisionSource({ source, names: revision, kinds: REVISIONED_KINDS }),
    demand: new GatewaySecretDemand(mesh),
    secretsOf: namespace => new KubeSource({ ...options, kinds: SECRETS, namespace, fieldSelector: CREDENTIALS }),
    clock: options.clock,
  })
}
