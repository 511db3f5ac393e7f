import { networkInterfaces } from 'node:os'
import { formatSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { MeshError } from '@meshwork/core/result'
import { isWritableFolder, parseDownwardFile, readPodFile } from './downward-file.ts'
import { metadataVariables } from './pod-metadata.ts'
import type { RestartPolicy } from './application-watch.ts'
import { type PodProxyConfig, parseProxyConfig } from './proxy-config.ts'
import type { TerminationPolicy } from './termination.ts'

/** What a pod says to its proxy (docs/proxy-in-a-pod.md). */
export interface PodSettings {
  readonly name: string
  readonly namespace: string
  readonly address: string
  readonly serviceAccount: string
  readonly trustDomain: string
  readonly config: PodProxyConfig
  /** Citadel. */
  readonly caAddress: string
  readonly caRootFile: string
  readonly tokenFile: string
  readonly xdsRootFile: string
  readonly interceptionMode: string
  readonly clusterId: string
  readonly labels: Readonly<Record<string, string>>
  /** More of the node, in Istio's words. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** Where names of the mesh are answered; null: the pod's own resolvers answer. */
  readonly dns: SocketAddress | null
  /** Folder of the last good configuration; null: the pod has none. */
  readonly stateFolder: string | null
  readonly termination: TerminationPolicy
  /** Milliseconds that connections get after that. */
  readonly drainMs: number
  /** Of a pod whose proxy is to end with the application; null: it ends when it is told to. */
  readonly exitWithApplication: RestartPolicy | null
}

const ROOT_FILE = '/var/run/secrets/istio/root-cert.pem'
const TOKEN_FILE = '/var/run/secrets/tokens/istio-token'
/** Where a cluster has no tokens of its own audience (`JWT_POLICY: first-party-jwt`). */
const ACCOUNT_TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token'
const POD_INFO = '/etc/istio/pod'
const STATE_FOLDER = '/var/lib/istio/data'
const CITADEL_PORT = 8060
const DNS_PORT = 15_053
const MINIMUM_DRAIN_MS = 5_000
/** For what was under way all the time. */
const LAST_DRAIN_MS = 1_000

/** When a proxy of a pod ends. */
export type PodLife = Pick<PodSettings, 'termination' | 'exitWithApplication'>

/** The file system of the container. */
export interface PodFiles {
  /** undefined: there is no such file. */
  readonly read: (path: string) => string | undefined
  readonly isWritable: (folder: string) => boolean
}

const CONTAINER: PodFiles = { read: readPodFile, isWritable: isWritableFolder }

/** null: this is no pod, `POD_NAME` is not set. Throws BAD_PROXY_CONFIG, POD_INCOMPLETE. */
export function podSettings(container: NodeJS.ProcessEnv, { read, isWritable }: PodFiles = CONTAINER): PodSettings | null {
  const name = container['POD_NAME'] ?? ''
  if (name === '') return null
  const annotations = parseDownwardFile(read(`${POD_INFO}/annotations`) ?? '')
  const config = parseProxyConfig(container['PROXY_CONFIG'], annotations['proxy.istio.io/config'])
  const environment = { ...container, ...config.proxyMetadata }
  const labels = parseDownwardFile(read(`${POD_INFO}/labels`) ?? '')
  const variables = metadataVariables(environment)
  const namespace = required(environment, 'POD_NAMESPACE')
  const addresses = ownAddresses()
  return {
    name,
    namespace,
    address: environment['INSTANCE_IP'] || (addresses[0] ?? '127.0.0.1'),
    serviceAccount: environment['SERVICE_ACCOUNT'] || 'default',
    trustDomain: environment['TRUST_DOMAIN'] || 'cluster.local',
    config,
    ...trustOf(environment, config),
    interceptionMode: textIn(variables, 'INTERCEPTION_MODE') ?? 'REDIRECT',
    clusterId: textIn(variables, 'CLUSTER_ID') ?? 'Kubernetes',
    labels: { ...labels, ...labelsIn(variables) },
    metadata: { NAME: name, INSTANCE_IPS: addresses.join(','), ANNOTATIONS: annotations, PROXY_CONFIG: config.raw, ...variables },
    dns: variables['DNS_CAPTURE'] === 'true' ? { kind: 'tcp', host: '127.0.0.1', port: DNS_PORT } : null,
    stateFolder: isWritable(STATE_FOLDER) ? STATE_FOLDER : null,
    ...terminationOf(environment, config),
    exitWithApplication: exitWithApplication(environment),
  }
}

function trustOf(
  environment: NodeJS.ProcessEnv,
  { discovery }: PodProxyConfig,
): Pick<PodSettings, 'caAddress' | 'caRootFile' | 'tokenFile' | 'xdsRootFile'> {
  return {
    caAddress: environment['CA_ADDR'] || citadelBeside(discovery),
    caRootFile: environment['CA_ROOT_CA'] || ROOT_FILE,
    tokenFile: environment['JWT_POLICY'] === 'first-party-jwt' ? ACCOUNT_TOKEN_FILE : TOKEN_FILE,
    xdsRootFile: environment['XDS_ROOT_CA'] || ROOT_FILE,
  }
}

/** Citadel in the namespace of the control plane: `istiod.mesh.svc` has `istio-citadel.mesh.svc` beside it. */
function citadelBeside(discovery: SocketAddress): string {
  const namespace = discovery.kind === 'tcp' ? discovery.host.split('.')[1] : undefined
  return formatSocketAddress({ kind: 'tcp', host: `istio-citadel.${namespace ?? 'istio-system'}.svc`, port: CITADEL_PORT })
}

/** All that others may reach this pod by; link-local addresses are for neighbours only. */
function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  return all.filter(({ internal, address }) => !internal && !/^fe80:|^169\.254\./i.test(address)).map(({ address }) => address)
}

/** A native sidecar is told to stop when the application has ended: only what others still want of it takes time then. */
function terminationOf(
  environment: NodeJS.ProcessEnv,
  { terminationDrainMs }: PodProxyConfig,
): Pick<PodSettings, 'termination' | 'drainMs'> {
  if (environment['MESHWORK_NATIVE_SIDECAR'] === 'true')
    return { termination: { graceMs: 0, untilIdle: false }, drainMs: terminationDrainMs }
  const untilIdle = environment['EXIT_ON_ZERO_ACTIVE_CONNECTIONS'] === 'true'
  return { termination: { graceMs: untilIdle ? minimumDrainMs(environment) : terminationDrainMs, untilIdle }, drainMs: LAST_DRAIN_MS }
}

function exitWithApplication({ MESHWORK_EXIT_WITH_APPLICATION: policy = '' }: NodeJS.ProcessEnv): RestartPolicy | null {
  if (policy === '') return null
  if (policy === 'Never' || policy === 'OnFailure') return policy
  throw new MeshError('POD_INCOMPLETE', `MESHWORK_EXIT_WITH_APPLICATION is '${policy}'`, {
    source: 'config',
    nextStep: 'set it to the restart policy of the pod: Never or OnFailure (docs/proxy-in-a-pod.md)',
  })
}

/** As Istio writes it: a duration in whole seconds, such as `5s`. */
function minimumDrainMs(environment: NodeJS.ProcessEnv): number {
  const [, seconds] = /^(\d{1,5})s$/.exec(environment['MINIMUM_DRAIN_DURATION'] ?? '') ?? []
  return seconds === undefined ? MINIMUM_DRAIN_MS : Number(seconds) * 1000
}

function textIn(variables: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = variables[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function labelsIn({ LABELS: labels }: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  if (typeof labels !== 'object' || labels === null) return {}
  return Object.fromEntries(Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function required(environment: NodeJS.ProcessEnv, name: string): string {
  const value = environment[name] ?? ''
  if (value !== '') return value
  throw new MeshError('POD_INCOMPLETE', `POD_NAME is set, ${name} is not`, {
    source: 'config',
    nextStep: `set ${name} by the downward API (docs/proxy-in-a-pod.md), or unset POD_NAME and pass flags`,
  })
}
