import type { ListenerFilterCodec } from './codec.ts'
import { httpInspectorCodec } from './http-inspector/index.ts'
import { listenerRateLimitCodec } from './local-ratelimit/index.ts'
import { originalDstCodec } from './original-dst/index.ts'
import { originalSrcCodec } from './original-src/index.ts'
import { proxyProtocolCodec } from './proxy-protocol/index.ts'
import { tlsInspectorCodec } from './tls-inspector/index.ts'

/** Every listener filter that the proxy knows. A new one is a folder beside this file and a line here. */
export const LISTENER_FILTERS: readonly ListenerFilterCodec[] = [
  httpInspectorCodec,
  listenerRateLimitCodec,
  originalDstCodec,
  originalSrcCodec,
  proxyProtocolCodec,
  tlsInspectorCodec,
]
