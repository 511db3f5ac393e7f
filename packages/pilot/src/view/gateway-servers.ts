import type { GatewayServer, ObjectOf } from '@meshwork/config/kinds'
import { isHttp, parseProtocol } from '@meshwork/config/registry'

/** A server with the Gateway that has it. */
export interface OwnedServer {
  readonly gateway: ObjectOf<'Gateway'>
  readonly server: GatewayServer
}

/** The oldest server decides what a port is: plain HTTP servers then pool their hosts; servers with TLS stand side by side. */
export function mergeServers(owned: readonly OwnedServer[]): readonly (readonly OwnedServer[])[] {
  const [first] = owned
  if (first === undefined) return []
  const usesTls = (o: OwnedServer): boolean => endsTls(o) || passesTls(o)
  if (usesTls(first)) return owned.filter(usesTls).map(o => [o])
  if (isHttp(parseProtocol(first.server.port.protocol)))
    return [owned.filter(o => !usesTls(o) && isHttp(parseProtocol(o.server.port.protocol)))]
  return [[first]]
}

export function passesTls({ server }: OwnedServer): boolean {
  const mode = server.tls?.mode
  return isTlsPort(server) && (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH')
}

export function endsTls(owned: OwnedServer): boolean {
  return isTlsPort(owned.server) && owned.server.tls !== undefined && !passesTls(owned)
}

function isTlsPort(server: GatewayServer): boolean {
  const protocol = parseProtocol(server.port.protocol)
  return protocol === 'https' || protocol === 'tls'
}
