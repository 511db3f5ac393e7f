import { parseSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import type { LogLevel } from '@meshwork/core/log'
import { MESHWORK_VERSION } from '@meshwork/core/release'
import { MeshError } from '@meshwork/core/result'
import { Command, CommanderError } from 'commander'
import { addDnsFlags, type DnsFlags, dnsMetadata, type DnsOptions, dnsOptions } from '../dns/dns-flags.ts'
import type { IdentityFlags } from '../identity/index.ts'
import type { PodLife, PodSettings } from '../pod/index.ts'
import { addIstioFlags, idleIstioFlags, type IstioFlags, istioLogLevel } from './istio-flags.ts'
import type { IdleFlag } from './idle-flags.ts'
import { setPodDefaults } from './pod-defaults.ts'
import { addStatusFlags, type StatusFlags, type StatusOptions, statusOptions } from '../status/index.ts'

/** Where the proxy's certificate comes from. */
export type IdentitySource =
  | { readonly kind: 'citadel'; readonly flags: IdentityFlags }
  /** A server of the Secret Discovery Service, as an agent beside the proxy runs one. */
  | { readonly kind: 'sds'; readonly address: SocketAddress }

/** How the control plane is reached over TLS: it must have a certificate of these roots, and is shown ours, or the token. */
export interface XdsTrust {
  /** PEM; read again for each connection, like the token. */
  readonly rootFile: string
  readonly tokenFile: string | null
}

/** What `meshwork-proxy` is told. */
export interface ProxyOptions {
  /** `sidecar~<address>~<pod>.<namespace>~<domain>` or `router~…`. */
  readonly node: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly xds: SocketAddress
  /** null: plain text, for loopback and sockets in the file system (docs/decisions/0003). */
  readonly xdsTrust: XdsTrust | null
  readonly variant: 'sotw' | 'delta'
  readonly admin: SocketAddress
  readonly identity: IdentitySource
  /** Milliseconds that requests under way get when the proxy stops. */
  readonly drainMs: number
  /** Folder of the last good configuration. null: none is kept. */
  readonly stateFolder: string | null
  readonly status: StatusOptions
  /** null: the workload's own resolvers answer. */
  readonly dns: DnsOptions | null
  /** How a proxy of a pod ends; null: in no pod. */
  readonly pod: PodLife | null
  /** null: as the environment says. */
  readonly logLevel: LogLevel | null
  /** Flags of Istio's agent that were given and do nothing here, to be told. */
  readonly idle: readonly IdleFlag[]
}

interface Flags extends StatusFlags, DnsFlags, IstioFlags {
  readonly nodeId?: string
  readonly nodeMetadata: Readonly<Record<string, unknown>>
  readonly labels: Readonly<Record<string, string>>
  readonly interceptionMode: string
  readonly clusterId: string
  readonly xdsAddress: SocketAddress
  readonly xdsRoot?: string
  readonly xdsVariant: string
  readonly adminAddress: SocketAddress
  readonly sdsAddress?: SocketAddress
  readonly drainSeconds: number
  readonly stateFolder?: string
  readonly namespace?: string
  readonly serviceAccount?: string
  readonly trustDomain: string
  readonly caAddress: string
  readonly rootCert?: string
  readonly tokenFile?: string
  readonly certificateTtl: number
}

export const STATE_FOLDER_HELP = 'keep the last good configuration here, and start from it when no control plane answers'

/** Reads the command line; in a pod, what it does not say comes from there. Throws BAD_FLAG with what to do about it. */
export function parseProxyOptions(argv: readonly string[], pod: PodSettings | null = null): ProxyOptions {
  const program = flagsOf(new Command('meshwork-proxy').description('the data plane of a workload or of a gateway'))
  // The failure is told once, by whoever runs the process, in the form of all failures.
  program.exitOverride().configureOutput({ writeErr: () => undefined })
  if (pod !== null) setPodDefaults(program, pod)
  try {
    program.parse(withoutCommand(argv), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    // Help was asked for and is printed: that is no failure.
    if (error.exitCode === 0) process.exit(0)
    throw badFlag(error.message, 'run: meshwork-proxy --help')
  }
  const flags = program.opts<Flags>()
  const [type] = program.args
  const node = nodeOf(flags, type, pod)
  const dns = dnsOptions(flags)
  return {
    node,
    metadata: { ...dnsMetadata(dns), ...pod?.metadata, ...metadataOf(flags) },
    xds: flags.xdsAddress,
    xdsTrust: flags.xdsRoot === undefined ? null : { rootFile: flags.xdsRoot, tokenFile: flags.tokenFile ?? null },
    variant: flags.xdsVariant === 'delta' ? 'delta' : 'sotw',
    admin: flags.adminAddress,
    identity: identityOf(flags),
    drainMs: flags.drainSeconds * 1000,
    stateFolder: flags.stateFolder ?? null,
    status: statusOptions(flags, statusHost(flags, pod)),
    dns,
    pod,
    logLevel: istioLogLevel(flags),
    idle: idleIstioFlags(program),
  }
}

/** The manifests of Istio start its agent with the word `proxy`. */
function withoutCommand(argv: readonly string[]): readonly string[] {
  return argv[0] === 'proxy' ? argv.slice(1) : argv
}

/** A proxy with captured traffic, or in a pod, has an address of its own; those that share one machine would fight for Istio's ports. */
function statusHost({ interceptionMode }: Flags, pod: PodSettings | null): string | null {
  if (pod !== null) return pod.address.includes(':') ? '::' : '0.0.0.0'
  return interceptionMode.toUpperCase() === 'NONE' ? null : '0.0.0.0'
}

function flagsOf(program: Command): Command {
  return addIstioFlags(addDnsFlags(addStatusFlags(program)))
    .argument('[type]', 'sidecar or router; told by the node id unless given')
    .option('--node, --node-id <id>', 'node id: sidecar~<address>~<pod>.<namespace>~<domain>')
    .option('--node-metadata <json>', 'more metadata for pilot, as a JSON object', parseObject, {})
    .option('--labels <key=value,…>', 'labels of the workload', parseLabels, {})
    .option('--interception, --interception-mode <mode>', 'how traffic reaches the proxy: NONE or REDIRECT', 'NONE')
    .option('--cluster-id <id>', 'cluster of the workload', 'Kubernetes')
    .option('--xds, --xds-address <address>', 'pilot: host:port or unix:/path', parseAddress, loopback(15_010))
    .option('--xds-root <file>', 'speak TLS with pilot, which has a certificate of these roots, PEM; default: plain text')
    .option('--xds-variant <variant>', 'sotw or delta', 'sotw')
    .option('--admin, --admin-address <address>', 'admin interface: a loopback address or unix:/path', parseAdmin, loopback(15_000))
    .option('--sds, --sds-address <address>', 'take certificates from an SDS server instead of citadel', parseAddress)
    .option('--drain-seconds <seconds>', 'time that requests under way get when the proxy stops', Number, 5)
    .option('--state-folder <folder>', STATE_FOLDER_HELP)
    .option('--namespace <name>', 'namespace of the workload')
    .option('--service-account <name>', 'service account of the workload')
    .option('--trust-domain <domain>', 'trust domain of the mesh', 'cluster.local')
    .option('--ca, --ca-address <host:port>', 'citadel, over TLS', '127.0.0.1:15012')
    .option('--ca-root, --root-cert <file>', 'root certificate to verify citadel with, PEM')
    .option('--token, --token-file <file>', "the workload's token; read again for each request")
    .option('--certificate-ttl <seconds>', 'lifetime to ask for; 0 leaves it to citadel', Number, 0)
}

function nodeOf(flags: Flags, type: string | undefined, pod: PodSettings | null): string {
  const node = flags.nodeId ?? (pod === null ? '' : nodeOfPod(flags, type ?? 'sidecar', pod))
  const [kind, ...rest] = node.split('~')
  if ((kind !== 'sidecar' && kind !== 'router') || rest.length !== 3 || rest.includes('')) {
    throw badFlag(`'${node}' is not a node id`, 'write it like sidecar~10.0.0.1~pod.namespace~namespace.svc.cluster.local')
  }
  if (type !== undefined && type !== kind) throw badFlag(`a ${type} has the node id of a ${kind}`, `start the node id with ${type}~`)
  return node
}

function nodeOfPod({ domain }: Flags, type: string, { name, namespace, address }: PodSettings): string {
  return [type, address, `${name}.${namespace}`, domain ?? `${namespace}.svc.cluster.local`].join('~')
}

function metadataOf(flags: Flags): Readonly<Record<string, unknown>> {
  return {
    ...(flags.namespace === undefined ? {} : { NAMESPACE: flags.namespace }),
    ...(flags.serviceAccount === undefined ? {} : { SERVICE_ACCOUNT: flags.serviceAccount }),
    LABELS: flags.labels,
    INTERCEPTION_MODE: flags.interceptionMode,
    CLUSTER_ID: flags.clusterId,
    // Its presence says that the proxy is ours: extensions of our own may be sent.
    MESHWORK_VERSION,
    ...flags.nodeMetadata,
  }
}

function identityOf(flags: Flags): IdentitySource {
  if (flags.sdsAddress !== undefined) return { kind: 'sds', address: flags.sdsAddress }
  const { namespace, serviceAccount, trustDomain, caAddress, rootCert, tokenFile, certificateTtl } = flags
  const missing = Object.entries({ namespace, 'service-account': serviceAccount, 'ca-root': rootCert, token: tokenFile }).find(
    ([, value]) => value === undefined,
  )
  if (namespace === undefined || serviceAccount === undefined || rootCert === undefined || tokenFile === undefined) {
    throw badFlag(`--${missing?.[0]} is missing`, 'say who the workload is, or where its certificates come from (--sds)')
  }
  return {
    kind: 'citadel',
    flags: { namespace, serviceAccount, trustDomain, ca: caAddress, caRoot: rootCert, token: tokenFile, certificateTtl },
  }
}

function loopback(port: number): SocketAddress {
  return { kind: 'tcp', host: '127.0.0.1', port }
}

function parseAddress(text: string): SocketAddress {
  const address = parseSocketAddress(text)
  if (address.kind === 'ok') return address.value
  throw badFlag(address.error, 'write it like 127.0.0.1:15010 or unix:/run/pilot.sock')
}

/** Whoever reaches the admin interface may change log levels and read all configuration, so it never leaves the machine. */
function parseAdmin(text: string): SocketAddress {
  const address = parseAddress(text)
  if (address.kind === 'tcp' && !/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(address.host)) {
    throw badFlag(`the admin interface may not listen on ${address.host}`, 'use 127.0.0.1 or a unix socket')
  }
  return address
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').filter(pair => pair !== '')
  return Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf('=')
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)]
      throw badFlag(`'${pair}' is not a label`, 'write labels like app=web,version=v1')
    }),
  )
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Falls through to the refusal below.
  }
  throw badFlag('the node metadata is not a JSON object', 'write it like {"NAME":"value"}')
}

function badFlag(message: string, nextStep: string): MeshError {
  return new MeshError('BAD_FLAG', message, { source: 'config', nextStep })
}
