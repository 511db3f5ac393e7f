import type { NetworkFilterCodec } from './codec.ts'
import { connectionLimitCodec } from './connection-limit/index.ts'
import { directResponseCodec } from './direct-response/index.ts'
import { echoCodec } from './echo/index.ts'
import { networkExtAuthzCodec } from './ext-authz/index.ts'
import { httpConnectionManagerCodec } from './http-connection-manager/config.ts'
import { mongoProxyCodec } from './mongo-proxy/index.ts'
import { networkRateLimitCodec } from './local-ratelimit/index.ts'
import { networkRbacCodec } from './rbac/index.ts'
import { sniClusterCodec } from './sni-cluster/index.ts'
import { tcpProxyCodec } from './tcp-proxy/config.ts'

/** Every network filter that the proxy knows. A new one is a folder beside this file and a line here. */
export const NETWORK_FILTERS: readonly NetworkFilterCodec[] = [
  connectionLimitCodec,
  directResponseCodec,
  echoCodec,
  httpConnectionManagerCodec,
  mongoProxyCodec,
  networkExtAuthzCodec,
  networkRateLimitCodec,
  networkRbacCodec,
  sniClusterCodec,
  tcpProxyCodec,
]
