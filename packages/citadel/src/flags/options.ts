import { parseSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { MeshError } from '@meshwork/core/result'
import { KEY_ALGORITHM_NAMES, type KeyAlgorithm, parseKeyAlgorithm } from '@meshwork/core/x509'
import { Command } from 'commander'

import { type ControlPlaneNames, parseNamesOf } from '../policy/control-plane-names.ts'
import { parseDurationFlag } from './duration.ts'

/** What citadel is told when it starts. */
export interface CitadelOptions {
  /** Where the root is kept; null: in the cluster. */
  readonly stateDir: string | null
  readonly cluster: ClusterFlags
  /** Of citadel and of the Secrets with its root, in a cluster; null: that of its account there. */
  readonly namespace: string | null
  readonly address: SocketAddress
  readonly metricsAddress: SocketAddress
  /** null: the cluster is asked whom a token speaks for. */
  readonly jwksFile: string | null
  readonly tokenIssuer: string | undefined
  readonly tokenAudience: string
  readonly trustDomain: string
  readonly workloadTtl: number
  readonly maxWorkloadTtl: number
  readonly rootTtl: number
  /** Milliseconds that a new root is published before it signs. */
  readonly rootOverlap: number
  readonly rootKey: KeyAlgorithm
  readonly rootCertOut: string | undefined
  readonly serverNames: readonly string[]
  readonly controlPlaneNames: ControlPlaneNames
}

/** Which cluster citadel serves; none: local mode. */
export interface ClusterFlags {
  readonly inCluster?: boolean
  readonly kubeconfig?: string
}

interface Flags extends Omit<CitadelOptions, 'stateDir' | 'jwksFile' | 'cluster' | 'namespace' | 'controlPlaneNames'>, ClusterFlags {
  readonly stateDir?: string
  readonly jwksFile?: string
  readonly namespace?: string
  readonly namesOf: ControlPlaneNames
}

/** Reads the command line; commander prints help and mistakes itself. */
export function parseCitadelOptions(argv: readonly string[]): CitadelOptions {
  const command = new Command('meshwork-citadel')
    .description("issues the mesh's certificates")
    .option('--in-cluster', 'serve the cluster in which this runs as a pod')
    .option('--kubeconfig <file>', 'serve the cluster of this kubeconfig')
    .option('--namespace <name>', 'where in the cluster the Secrets with the root are (default: that of the account)')
    .option('--state-dir <directory>', 'where the root and its key are kept (default in a cluster: Secrets cacerts, istio-ca-secret)')
    .option('--address <host:port>', 'where the certificate APIs are served, over TLS', parseAddressFlag, tcp(15012))
    .option('--metrics-address <host:port>', 'where /metrics and /ready are served', parseAddressFlag, tcp(15015))
    .option('--jwks-file <file>', 'public keys that sign workload tokens, a JSON Web Key Set (default in a cluster: TokenReview)')
    .option('--token-issuer <text>', 'the only issuer whose tokens are accepted (default: any that signs with a key of --jwks-file)')
    .option('--token-audience <text>', 'the audience that tokens must have', 'istio-ca')
    .option('--trust-domain <domain>', 'trust domain of all identities', 'cluster.local')
    .option(
      '--workload-ttl <duration>',
      'lifetime of certificates when the workload asks for none',
      parseDurationFlag,
      parseDurationFlag('24h'),
    )
    .option('--max-workload-ttl <duration>', 'longest lifetime that a workload may ask for', parseDurationFlag, parseDurationFlag('90d'))
    .option('--root-ttl <duration>', 'lifetime of a new root', parseDurationFlag, parseDurationFlag('3650d'))
    .option(
      '--root-overlap <duration>',
      'how long everybody is told of the root of another authority before it signs; a pod sees new roots within two minutes',
      parseDurationFlag,
      parseDurationFlag('5m'),
    )
    .option(
      '--root-key <algorithm>',
      `key of a new root: ${KEY_ALGORITHM_NAMES.join(', ')}`,
      parseKeyAlgorithm,
      parseKeyAlgorithm('rsa-2048'),
    )
    .option('--root-cert-out <file>', 'write the root certificate here, for those who connect')
    .option(
      '--server-names <names>',
      'names and addresses under which this process is reached, separated by commas',
      parseList,
      SERVER_NAMES,
    )
    .option('--names-of <account=names>', 'namespace/account=dns,dns: names in the certificates of this account', appendNames, new Map())
    .parse(argv, { from: 'user' })
  const { namesOf: controlPlaneNames, inCluster, kubeconfig, stateDir, jwksFile, namespace, ...options } = command.opts<Flags>()
  const isLocal = inCluster !== true && kubeconfig === undefined
  if (isLocal && (stateDir === undefined || jwksFile === undefined)) {
    throw new MeshError('BAD_FLAG', `--${stateDir === undefined ? 'state-dir' : 'jwks-file'} is missing`, {
      source: 'config',
      nextStep: 'pass it, or name a cluster with --in-cluster or --kubeconfig',
    })
  }
  if (options.workloadTtl > options.maxWorkloadTtl) {
    throw new MeshError('BAD_FLAG', '--workload-ttl is longer than --max-workload-ttl', {
      source: 'config',
      nextStep: 'lower the one or raise the other',
    })
  }
  const cluster = { ...(inCluster !== undefined && { inCluster }), ...(kubeconfig !== undefined && { kubeconfig }) }
  const places = { stateDir: stateDir ?? null, jwksFile: jwksFile ?? null, namespace: namespace ?? null }
  return { ...options, ...places, cluster, controlPlaneNames }
}

const SERVER_NAMES: readonly string[] = [
  '127.0.0.1',
  '::1',
  'localhost',
  'istiod.istio-system.svc',
  'istio-citadel.istio-system.svc',
  'istio-citadel.istio-system.svc.cluster.local',
]

function tcp(port: number): SocketAddress {
  return { kind: 'tcp', host: '127.0.0.1', port }
}

function parseAddressFlag(text: string): SocketAddress {
  const address = parseSocketAddress(text)
  if (address.kind === 'ok') return address.value
  throw new MeshError('BAD_FLAG', address.error, { source: 'config', nextStep: 'write it like 127.0.0.1:15012' })
}

function appendNames(text: string, before: ControlPlaneNames): ControlPlaneNames {
  const names = parseNamesOf(text, before)
  if (names.kind === 'ok') return names.value
  throw new MeshError('BAD_FLAG', names.error, { source: 'config', nextStep: 'write it like istio-system/istiod=istiod.istio-system.svc' })
}

function parseList(text: string): readonly string[] {
  return text.split(',').filter(item => item !== '')
}
