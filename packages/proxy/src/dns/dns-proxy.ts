import { readFileSync } from 'node:fs'
import type { Logger } from '@meshwork/core/log'
import { MeshError, messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import type { ResourceConsumer } from '@meshwork/xds/client'
import type { DnsOptions } from './dns-flags.ts'
import { DnsServer } from './dns-server.ts'
import { type NamedHost, NameLookup } from './name-lookup.ts'
import { nameTableType } from './name-table-type.ts'
import { parseResolvConf, type ResolvConf } from './resolv-conf.ts'
import { type ResolverAddress, UpstreamResolver } from './upstream-resolver.ts'

const DNS_PORT = 53

/** A DNS proxy and what feeds it. */
export interface DnsProxy {
  readonly server: DnsServer
  readonly names: ResourceConsumer<readonly NamedHost[]>
}

/** `node`: the workload's node id, `sidecar~<address>~<pod>.<namespace>~<domain>`. */
export function dnsProxy(options: DnsOptions, node: string, { clock, log }: { readonly clock: Clock; readonly log: Logger }): DnsProxy {
  const resolvConf = readResolvConf(options.resolvConf)
  const servers = options.upstream.length > 0 ? options.upstream : resolvConf.servers.map(host => ({ host, port: DNS_PORT }))
  const upstream = new UpstreamResolver({ servers: withoutSelf(servers, options), clock })
  const server = new DnsServer({ ...options.listen, upstream, log })
  const [, , workload = '', dnsDomain = ''] = node.split('~')
  const scope = { namespace: workload.slice(workload.lastIndexOf('.') + 1), dnsDomain, searchDomain: resolvConf.search[0] ?? '' }
  const names: DnsProxy['names'] = {
    type: nameTableType,
    apply: ({ changed, removed }) => {
      const [table] = changed.values()
      if (table !== undefined || removed.size > 0) server.use(new NameLookup(table ?? [], scope))
    },
  }
  return { server, names }
}

function readResolvConf(file: string): ResolvConf {
  try {
    return parseResolvConf(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new MeshError('BAD_FLAG', `the resolvers cannot be read: ${messageOf(error)}`, {
      source: 'config',
      nextStep: 'name the file with --resolv-conf',
    })
  }
}

/** A question passed on to ourselves would never end. */
function withoutSelf(servers: readonly ResolverAddress[], { listen }: DnsOptions): readonly ResolverAddress[] {
  return servers.filter(({ host, port }) => host !== listen.host || port !== listen.port)
}
