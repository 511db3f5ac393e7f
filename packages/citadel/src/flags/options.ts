import { parseSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { MeshError } from '@meshwork/core/result'
import { KEY_ALGORITHM_NAMES, type KeyAlgorithm, parseKeyAlgorithm } from '@meshwork/core/x509'
import { Command } from 'commander'

import { parseDurationFlag } from './duration.ts'

/** What citadel is told when it starts. */
export interface CitadelOptions {
  readonly stateDir: string
  readonly address: SocketAddress
  readonly metricsAddress: SocketAddress
  readonly jwksFile: string
  readonly tokenIssuer: string | undefined
  readonly tokenAudience: string
  readonly trustDomain: string
  readonly workloadTtl: number
  readonly maxWorkloadTtl: number
  readonly rootTtl: number
  readonly rootKey: KeyAlgorithm
  readonly rootCertOut: string | undefined
  readonly serverNames: readonly string[]
}

/** Reads the command line; commander prints help and mistakes itself. */
export function parseCitadelOptions(argv: readonly string[]): CitadelOptions {
  const command = new Command('meshwork-citadel')
    .description("issues the mesh's certificates")
    .requiredOption('--state-dir <directory>', 'where the root and its key are kept')
    .option('--address <host:port>', 'where the certificate APIs are served, over TLS', parseAddressFlag, tcp(15012))
    .option('--metrics-address <host:port>', 'where /metrics and /ready are served', parseAddressFlag, tcp(15015))
    .requiredOption('--jwks-file <file>', 'public keys that sign workload tokens, a JSON Web Key Set')
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
    .parse(argv, { from: 'user' })
  const options = command.opts<CitadelOptions>()
  if (options.workloadTtl > options.maxWorkloadTtl) {
    throw new MeshError('BAD_FLAG', '--workload-ttl is longer than --max-workload-ttl', {
      source: 'config',
      nextStep: 'lower the one or raise the other',
    })
  }
  return options
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

function parseList(text: string): readonly string[] {
  return text.split(',').filter(item => item !== '')
}
