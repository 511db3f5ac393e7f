import { FileSource, readFiles } from '@meshwork/config/file'
import { DEFAULT_MESH_CONFIG, isKind, meshFileParser, type MeshConfigSpec } from '@meshwork/config/kinds'
import type { ConfigSource } from '@meshwork/config/source'
import { parseSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { type Runner, runProcess } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { formatViolation, MeshError } from '@meshwork/core/result'
import type { TokenAuthenticator } from '@meshwork/core/ports'
import { systemClock } from '@meshwork/core/time'
import { JwksFileAuthenticator } from '@meshwork/core/tokens'
import { type ClusterFlags, KubeClient } from '@meshwork/kube/client'
import { TokenReviewAuthenticator } from '@meshwork/kube/tokens'
import { Command, InvalidArgumentError } from 'commander'
import { ClusterLink } from './cluster/cluster-link.ts'
import { addClusterFlags, CLUSTER_SOURCE } from './cluster/cluster-source.ts'
import { addRemoteFlags, type RemoteFlags, remoteRunners } from './cluster/remote-flags.ts'
import { addCertificateFlags, type CertificateFlags, serverTlsOf } from './certificate-flags.ts'
import { webhookBundles } from './cluster/own-webhooks.ts'
import { addConsulFlags, type ConsulFlags, consulSources } from './consul-flags.ts'
import { EmptyWorldGuard } from './serve/empty-world-guard.ts'
import { addInjectionFlags, type InjectionFlags, injectorFiles } from './cluster/injection-flags.ts'
import { MeshFileSource } from './serve/mesh-file-source.ts'
import { createPilot } from './serve/pilot.ts'
import type { ServerTls } from './serve/server-tls.ts'

interface Flags extends CertificateFlags, ConsulFlags, ClusterFlags, RemoteFlags, InjectionFlags {
  readonly configDir: readonly string[]
  readonly xdsAddress: readonly SocketAddress[]
  readonly secureXdsAddress: readonly SocketAddress[]
  readonly jwksFile?: string
  readonly tokenIssuer?: string
  readonly tokenAudience: string
  readonly httpAddress: SocketAddress
  readonly webhookAddress?: SocketAddress
  readonly meshConfig?: string
  readonly meshNetworks?: string
  readonly domain: string
  readonly debounceAfter: number
  readonly debounceMax: number
  readonly confirmEmpty: number
}

const LONGEST_DEBOUNCE_MS = 3_600_000

function milliseconds(text: string): number {
  const value = Number(text)
  if (text === '' || !Number.isInteger(value) || value < 0 || value > LONGEST_DEBOUNCE_MS) {
    throw new InvalidArgumentError(`write whole milliseconds from 0 to ${LONGEST_DEBOUNCE_MS}`)
  }
  return value
}

function append(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value]
}

function address(text: string): SocketAddress {
  const parsed = parseSocketAddress(text)
  if (parsed.kind === 'err') throw new InvalidArgumentError(parsed.error)
  return parsed.value
}

function appendAddress(text: string, previous: readonly SocketAddress[] | undefined): readonly SocketAddress[] {
  return [...(previous ?? []), address(text)]
}

/** Lists that commander leaves out when they are empty. */
type Lists = 'configDir' | 'xdsAddress' | 'secureXdsAddress'

function parseFlags(argv: readonly string[]): Flags {
  const clusters = addRemoteFlags(addClusterFlags(addConsulFlags(new Command('meshwork-pilot'))))
  const command = addInjectionFlags(addCertificateFlags(clusters))
    .description('Turns mesh configuration into what proxies run, and serves it over xDS.')
    .option('--config-dir <dir>', 'folder or file with YAML; may be repeated', append)
    .option('--xds-address <address>', 'host:port or unix:/path for proxies; may be repeated (default 127.0.0.1:15010)', appendAddress)
    .option(
      '--secure-xds-address <address>',
      'host:port for proxies that prove who they are (Istio: 15012); may be repeated',
      appendAddress,
    )
    .option('--webhook-address <address>', 'host:port where API servers ask whether objects are valid (Istio: 15017)', address)
    .option('--jwks-file <file>', 'keys that sign tokens of proxies without a certificate')
    .option('--token-issuer <issuer>', 'issuer that tokens must have')
    .option('--token-audience <audience>', 'audience that tokens must have', 'istio-ca')
    .option('--http-address <address>', 'host:port of debug pages and metrics', address, address('127.0.0.1:15014'))
    .option(
      '--mesh-config <file>',
      'file with settings of the mesh, read again when it changes: bare, as MeshConfig, or as the ConfigMap istio',
    )
    .option(
      '--mesh-networks <file>',
      'file with the networks of the mesh and the gateways between them, as MeshNetworks of Istio, read again when it changes; beside --mesh-config',
    )
    .option('--domain <domain>', 'domain of the cluster, which ends the names of services', 'cluster.local')
    .option('--debounce-after <ms>', 'quiet time before a change of configuration is pushed', milliseconds, 20)
    .option(
      '--confirm-empty <ms>',
      'how long a folder must have no services left before that is believed; 0: at once',
      milliseconds,
      30_000,
    )
    .option('--debounce-max <ms>', 'longest time that a change may wait', milliseconds, 10_000)
  const options = command.parse(argv).opts<Omit<Flags, Lists> & Partial<Pick<Flags, Lists>>>()
  const { configDir = [], xdsAddress = [address('127.0.0.1:15010')], secureXdsAddress = [] } = options
  return { ...options, configDir, xdsAddress, secureXdsAddress }
}

async function meshConfigOf(file: string | undefined): Promise<MeshConfigSpec> {
  if (file === undefined) return DEFAULT_MESH_CONFIG
  const { objects, rejections } = await readFiles(file, meshFileParser())
  const [rejection] = rejections
  if (rejection !== undefined) {
    const reasons = rejection.violations.map(v => `${file}:${v.line}: ${formatViolation(v)}`).join('\n')
    throw new MeshError('MESH_CONFIG_INVALID', reasons, { source: 'config', nextStep: 'correct the file and start again' })
  }
  const found = objects.find(object => isKind(object, 'MeshConfig'))
  if (found === undefined || !isKind(found, 'MeshConfig')) {
    throw new MeshError('MESH_CONFIG_INVALID', `${file} has no object of kind MeshConfig`, {
      source: 'config',
      nextStep: 'write settings as in the MeshConfig of Istio, bare or with kind: MeshConfig',
    })
  }
  return found.spec
}

function sourcesOf({ configDir, confirmEmpty }: Flags, cluster: ConfigSource | null): ReadonlyMap<string, ConfigSource> {
  const guarded = (name: string, source: ConfigSource): readonly [string, ConfigSource] => [
    name,
    new EmptyWorldGuard(source, { name, clock: systemClock, confirmMs: confirmEmpty }),
  ]
  if (configDir.length === 0 && cluster === null) {
    throw new MeshError('FLAGS_INCOMPLETE', 'there is no configuration to read', {
      source: 'config',
      nextStep: 'name a folder with --config-dir, or a cluster with --in-cluster or --kubeconfig',
    })
  }
  const folders = configDir.map(root => guarded(root, new FileSource({ root, clock: systemClock })))
  return new Map([...folders, ...(cluster === null ? [] : [guarded(CLUSTER_SOURCE, cluster)])])
}

/** One or none. The files are read again whenever they change. */
function meshFileSources({ meshConfig: settings, meshNetworks: networks }: Flags): readonly (readonly [string, ConfigSource])[] {
  if (settings !== undefined)
    return [['--mesh-config', new MeshFileSource({ settings, ...(networks !== undefined && { networks }) }, systemClock)]]
  if (networks === undefined) return []
  throw new MeshError('FLAGS_INCOMPLETE', '--mesh-networks says which networks there are, but there are no settings of the mesh', {
    source: 'config',
    nextStep: 'name the file of settings with --mesh-config, an empty one will do; or write networks as meshNetworks of a MeshConfig',
  })
}

/** null: no port with TLS is asked for. */
async function tlsOf(flags: Flags, mesh: MeshConfigSpec, log: Logger): Promise<ServerTls | null> {
  const isSecureXds = flags.secureXdsAddress.length > 0
  if (!isSecureXds && flags.webhookAddress === undefined) return null
  return serverTlsOf(flags, { isSecureXds, trustDomain: mesh.trustDomain, environment: process.env, log })
}

/** A file with keys wins over the cluster, which knows its own tokens. null: tokens count for nothing. */
async function tokensOf(flags: Flags, client: KubeClient | null, log: Logger): Promise<TokenAuthenticator | null> {
  const { jwksFile, tokenIssuer, tokenAudience } = flags
  if (jwksFile === undefined) {
    return client === null ? null : new TokenReviewAuthenticator({ client, audience: tokenAudience, clock: systemClock, log })
  }
  const tokens = new JwksFileAuthenticator({ path: jwksFile, issuer: tokenIssuer, audience: tokenAudience, clock: systemClock })
  await tokens.load()
  return tokens
}

async function build(flags: Flags, log: Logger): Promise<readonly Runner[]> {
  const mesh = await meshConfigOf(flags.meshConfig)
  const client = KubeClient.ofFlags(flags)
  const { revision, clusterId } = flags
  const link = client === null ? null : { client, mesh, revision, clusterId, clock: systemClock, log }
  const cluster = link === null ? null : new ClusterLink(link)
  const injection = await injectorFiles(flags, client, log)
  const serverTls = await tlsOf(flags, mesh, log)
  const tls = serverTls?.tls ?? null
  const tokens = await tokensOf(flags, client, log)
  const pilot = createPilot({
    sources: new Map([
      ...sourcesOf(flags, cluster?.source ?? null),
      ...meshFileSources(flags),
      ...consulSources(flags, mesh.trustDomain, log),
    ]),
    mesh,
    clusterDomain: flags.domain,
    clusterId: flags.clusterId,
    remotes: clusters => remoteRunners(flags, { clusters, client, confirmEmptyMs: flags.confirmEmpty, clock: systemClock, log }),
    xdsAddresses: flags.xdsAddress,
    ...(tls === null || flags.secureXdsAddress.length === 0
      ? {}
      : { secureXds: { addresses: flags.secureXdsAddress, tls, trustDomain: mesh.trustDomain, tokens } }),
    ...(tls === null || flags.webhookAddress === undefined
      ? {}
      : { webhooks: { address: flags.webhookAddress, tls, ...(injection === null ? {} : { injector: () => injection.current }) } }),
    httpAddress: flags.httpAddress,
    ...(cluster === null ? {} : { statusTouched: () => cluster.touched(), proxyReady: cluster.proxyReady }),
    quietMs: flags.debounceAfter,
    maxMs: flags.debounceMax,
    clock: systemClock,
    log,
  })
  const runners = [...(injection === null ? [] : [injection]), ...pilot.runners, ...(cluster?.runners(pilot.discovery) ?? [])]
  if (serverTls === null) return runners
  serverTls.onChange(renewed => {
    pilot.webhooks?.replaceTls(renewed)
    pilot.xds.replaceTls(renewed)
  })
  return [...serverTls.before, ...runners, ...serverTls.after, ...webhookBundles(serverTls, client, log)]
}

const flags = parseFlags(process.argv)
await runProcess('pilot', log => build(flags, log))
