import { randomUUID } from 'node:crypto'
import { isInternalIp } from '../net/address.ts'
import type { ConnectionPlan } from './connection-plan.ts'
import { forwardClientCertificate } from './forwarded-client-cert.ts'
import { HEADER_IDS } from './header-name.ts'
import { hasToken, removeHopByHop } from './hop-by-hop.ts'
import type { StreamRecord } from './stream-record.ts'
import { LOCAL_REPLIES, type LocalReply } from './local-reply.ts'
import { normalizePath } from './normalize-path.ts'

/** Makes of what the client sent what filters, routes and the upstream may rely on. Returns the answer to a bad request. */
export function prepareRequest(stream: StreamRecord, plan: ConnectionPlan): LocalReply | null {
  const { config } = plan
  const problem = resolveTarget(stream, config.allowAbsoluteUrl)
  if (problem !== null) return problem
  if (config.normalizePath || config.mergeSlashes) {
    const path = normalizePath(stream.path, config.normalizePath, config.mergeSlashes)
    if (path === null) return LOCAL_REPLIES.badPath
    stream.path = path
  }
  const upgrade = upgradeOf(stream)
  if (upgrade !== null && !mayUpgrade(plan, upgrade)) return LOCAL_REPLIES.upgradeNotEnabled
  stream.upgrade = upgrade !== null
  removeHopByHop(stream.requestHeaders, stream.upgrade)
  if (upgrade === null && stream.requestHeaders.findId(HEADER_IDS.expect) >= 0) stream.requestHeaders.removeId(HEADER_IDS.expect)
  addForwardedFields(stream, plan)
  return null
}

/** The request target and `host` become path and authority (RFC 9112 3.2). */
function resolveTarget(stream: StreamRecord, allowAbsolute: boolean): LocalReply | null {
  const headers = stream.requestHeaders
  const host = headers.findId(HEADER_IDS.host)
  if (host < 0 || headers.find('host', host + 1) >= 0) return LOCAL_REPLIES.missingHost
  stream.authority = headers.values[host] ?? ''
  // A request target has no fragment (RFC 9112 3.2); whoever cuts it off would see another path than we do.
  if (stream.path.includes('#')) return LOCAL_REPLIES.badPath
  if (stream.path.charCodeAt(0) === SLASH) return validHost(stream.authority) ? null : LOCAL_REPLIES.missingHost
  if (stream.method === 'CONNECT') return LOCAL_REPLIES.connectNotSupported
  if (stream.path === '*') return stream.method === 'OPTIONS' ? null : LOCAL_REPLIES.missingPath
  const absolute = /^(https?):\/\/([^/?#]+)([^#]*)$/i.exec(stream.path)
  const authority = absolute?.[2] ?? ''
  if (absolute === null || !allowAbsolute || !validHost(authority)) return LOCAL_REPLIES.missingPath
  const rest = absolute[3] ?? ''
  stream.authority = authority
  stream.path = rest.startsWith('/') ? rest : `/${rest}`
  headers.values[host] = authority
  return null
}

const SLASH = 47
/** Host with optional port (RFC 3986 3.2.2), without user information: two parsers must not see two hosts. */
const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=%]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/
let lastValidHost = ''

function validHost(host: string): boolean {
  if (host === lastValidHost) return true
  if (!HOST.test(host)) return false
  lastValidHost = host
  return true
}

/** The protocol that the client wants to switch to; null for none, and for `h2c`, which is ignored. */
function upgradeOf(stream: StreamRecord): string | null {
  const value = stream.requestHeaders.getId(HEADER_IDS.upgrade)
  if (value === null || !hasToken(stream.requestHeaders.getJoined('connection'), 'upgrade')) return null
  return hasToken(value, 'h2c') ? null : value.toLowerCase()
}

function mayUpgrade(plan: ConnectionPlan, upgrade: string): boolean {
  return plan.config.upgrades.some(name => name.toLowerCase() === upgrade)
}

function addForwardedFields(stream: StreamRecord, plan: ConnectionPlan): void {
  const { config } = plan
  const { connection, requestHeaders: headers } = stream
  const external = config.useRemoteAddress && !isInternalIp(connection.remoteAddress)
  if (config.useRemoteAddress) {
    const before = headers.getJoined('x-forwarded-for')
    headers.set('x-forwarded-for', before === null ? connection.remoteAddress : `${before},${connection.remoteAddress}`)
    if (external && config.xffNumTrustedHops === 0) removeTrustedFields(stream)
  }
  const scheme = connection.isTls ? 'https' : 'http'
  const claimed = headers.getId(HEADER_IDS['x-forwarded-proto'])
  if (claimed === null || (config.useRemoteAddress && config.xffNumTrustedHops === 0 && claimed !== scheme)) {
    headers.set('x-forwarded-proto', scheme)
    stream.scheme = scheme
  } else {
    stream.scheme = claimed
  }
  forwardClientCertificate(headers, connection, config.forwardClientCert)
  setRequestId(stream, plan, external)
}

/** What only the mesh itself may say (`x-envoy-*` of an external client would steer retries and timeouts). */
function removeTrustedFields(stream: StreamRecord): void {
  const { requestHeaders: headers } = stream
  for (const name of EXTERNAL_MAY_NOT_SET) headers.remove(name)
  headers.set('x-envoy-external-address', stream.connection.remoteAddress)
}

const EXTERNAL_MAY_NOT_SET: readonly string[] = [
  'x-envoy-internal',
  'x-envoy-retry-on',
  'x-envoy-max-retries',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-decorator-operation',
  'x-envoy-attempt-count',
]

function setRequestId(stream: StreamRecord, plan: ConnectionPlan, external: boolean): void {
  const headers = stream.requestHeaders
  const given = headers.getId(HEADER_IDS['x-request-id'])
  if (given !== null && !(external && plan.config.generateRequestId)) {
    stream.requestId = given
  } else if (plan.config.generateRequestId) {
    stream.requestId = randomUUID()
    headers.set('x-request-id', stream.requestId)
  }
}
