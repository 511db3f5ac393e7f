import { parseSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { MeshError } from '@meshwork/core/result'
import type { Command } from 'commander'
import type { ResolverAddress } from './upstream-resolver.ts'

/** Whether and where a proxy or its agent answers the workload's questions about names. */
export interface DnsOptions {
  readonly listen: { readonly host: string; readonly port: number }
  /** File with the resolvers and search domains of the workload. */
  readonly resolvConf: string
  /** Instead of the resolvers of that file; empty: those. */
  readonly upstream: readonly ResolverAddress[]
}

/** What commander makes of the flags. */
export interface DnsFlags {
  readonly dns?: SocketAddress
  readonly resolvConf: string
  readonly dnsUpstream?: readonly ResolverAddress[]
}

export function addDnsFlags(command: Command): Command {
  return command
    .option('--dns <host:port>', 'answer names of the mesh here, over UDP and TCP (Istio: 127.0.0.1:15053); default: nowhere', parseListen)
    .option('--resolv-conf <file>', 'resolvers for all other names, and the search domains', '/etc/resolv.conf')
    .option('--dns-upstream <host:port>', 'ask this resolver instead of those of the file; may be repeated', appendUpstream)
}

/** null: there is no DNS proxy. */
export function dnsOptions({ dns, resolvConf, dnsUpstream }: DnsFlags): DnsOptions | null {
  return dns?.kind === 'tcp' ? { listen: { host: dns.host, port: dns.port }, resolvConf, upstream: dnsUpstream ?? [] } : null
}

/** By this the control plane knows that the proxy wants names, and listeners at the addresses it made up (Istio's metadata keys). */
export function dnsMetadata(dns: DnsOptions | null): Readonly<Record<string, string>> {
  return dns === null ? {} : { DNS_CAPTURE: 'true', DNS_AUTO_ALLOCATE: 'true' }
}

function parseListen(text: string): SocketAddress {
  const parsed = parseSocketAddress(text)
  if (parsed.kind === 'ok' && parsed.value.kind === 'tcp') return parsed.value
  throw new MeshError('BAD_FLAG', `'${text}' is not an address for DNS`, { source: 'config', nextStep: 'write it like 127.0.0.1:15053' })
}

function appendUpstream(text: string, previous: readonly ResolverAddress[] | undefined): readonly ResolverAddress[] {
  const parsed = parseSocketAddress(text)
  if (parsed.kind === 'ok' && parsed.value.kind === 'tcp')
    return [...(previous ?? []), { host: parsed.value.host, port: parsed.value.port }]
  throw new MeshError('BAD_FLAG', `'${text}' is not the address of a resolver`, {
    source: 'config',
    nextStep: 'write it like 10.96.0.10:53',
  })
}
