import { parseSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { MeshError } from '@meshwork/core/result'
import { Command } from 'commander'

import { addDnsFlags, type DnsFlags, dnsMetadata, type DnsOptions, dnsOptions } from '../dns/dns-flags.ts'
import { addIdentityFlags, type IdentityFlags } from '../identity/identity-flags.ts'
import { addStatusFlags, type StatusFlags, type StatusOptions, statusOptions } from '../status/index.ts'
import type { Json } from './envoy-bootstrap.ts'

/** What `meshwork-agent envoy` is told. */
export interface AgentOptions extends IdentityFlags {
  readonly status: StatusOptions
  readonly dns: DnsOptions | null
  readonly envoyBinary: string
  readonly node: string
  readonly labels: Readonly<Record<string, string>>
  readonly interception: string
  readonly clusterId: string
  readonly xds: SocketAddress
  readonly admin: SocketAddress
  readonly workDir: string | undefined
  readonly concurrency: number
  readonly envoyLogLevel: string
}

export function parseAgentOptions(argv: readonly string[]): AgentOptions {
  const program = new Command('meshwork-agent').description('gives a proxy its identity, and runs it')
  const envoy = program.command('envoy').description('runs Envoy as the proxy of this workload')
  addDnsFlags(addStatusFlags(addIdentityFlags(envoy)))
    .requiredOption('--envoy-binary <file>', 'the Envoy to run')
    .requiredOption('--node <id>', 'node id: sidecar~<address>~<pod>.<namespace>~<domain>')
    .option('--labels <key=value,…>', 'labels of the workload', parseLabels, {})
    .option('--interception <mode>', 'how traffic reaches the proxy: NONE or REDIRECT', 'REDIRECT')
    .option('--cluster-id <id>', 'cluster of the workload', 'Kubernetes')
    .option('--xds <address>', 'pilot: host:port or unix:/path', parseAddress, loopback(15010))
    .option('--admin <host:port>', "Envoy's admin address", parseAddress, loopback(15000))
    .option('--work-dir <folder>', 'for the socket and the bootstrap file (default: a new one, removed afterwards)')
    .option('--concurrency <count>', 'worker threads of Envoy', Number, 1)
    .option('--envoy-log-level <level>', 'log level of Envoy', 'warning')
  let parsed: AgentOptions | undefined
  envoy.action((options: Omit<AgentOptions, 'status' | 'dns'> & StatusFlags & DnsFlags) => {
    parsed = {
      ...options,
      status: statusOptions(options, options.interception.toUpperCase() === 'NONE' ? null : '0.0.0.0'),
      dns: dnsOptions(options),
    }
  })
  program.parse(argv, { from: 'user' })
  if (parsed === undefined) throw new MeshError('BAD_FLAG', 'no command was given', { nextStep: 'run: meshwork-agent envoy --help' })
  return parsed
}

/** Istio's node metadata, as far as pilot reads it. */
export function nodeMetadata(options: AgentOptions): { readonly [key: string]: Json } {
  return {
    NAMESPACE: options.namespace,
    LABELS: options.labels,
    SERVICE_ACCOUNT: options.serviceAccount,
    INTERCEPTION_MODE: options.interception,
    CLUSTER_ID: options.clusterId,
    ...dnsMetadata(options.dns),
  }
}

function loopback(port: number): SocketAddress {
  return { kind: 'tcp', host: '127.0.0.1', port }
}

function parseAddress(text: string): SocketAddress {
  const address = parseSocketAddress(text)
  if (address.kind === 'ok') return address.value
  throw new MeshError('BAD_FLAG', address.error, { source: 'config', nextStep: 'write it like 127.0.0.1:15010 or unix:/run/pilot.sock' })
}

function parseLabels(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').filter(pair => pair !== '')
  return Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf('=')
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)]
      throw new MeshError('BAD_FLAG', `'${pair}' is not a label`, { source: 'config', nextStep: 'write labels like app=web,version=v1' })
    }),
  )
}
