import type { ConnectionPlan } from './connection-plan.ts'
import { forwardClientCertificate } from './forwarded-client-cert.ts'
import { HEADER_IDS, headerNames } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'
import { HeaderTrait } from './header-traits.ts'
import { hasToken, removeHopByHop } from './hop-by-hop.ts'
import { LOCAL_REPLIES, type LocalReply, pathRedirect, rejectedAddress } from './local-reply.ts'
import { normalizePath, unescapeSlashes } from './normalize-path.ts'
import { normalizeHost } from './request-host.ts'
import { setRequestId } from './request-id.ts'
import { resolveTarget } from './request-target.ts'
import type { StreamRecord } from './stream-record.ts'

const INTERNAL = headerNames.of('x-envoy-internal')
const FORWARDED_PROTO = headerNames.of('x-forwarded-proto')

/**
 * Makes of what the client sent what filters, routes and the upstream may rely on, whatever the protocol. Returns the answer
 * to a request that must not go on.
 */
export function prepareRequest(stream: StreamRecord, plan: ConnectionPlan): LocalReply | null {
  const { config } = plan
  const problem = resolveTarget(stream, config.http1.allowAbsoluteUrl) ?? settlePath(stream, plan)
  if (problem !== null) return problem
  normalizeHost(stream, config)
  stream.requestHeaders.joinTraits(HeaderTrait.joined)
  stream.upgradeType = upgradeOf(stream)
  stream.upgrade = stream.upgradeType !== ''
  removeHopByHop(stream.requestHeaders, stream.upgrade)
  for (const edits of plan.earlyEdits) edits.apply(stream.requestHeaders, stream)
  return establishOrigin(stream, plan)
}

/** `path_with_escaped_slashes_action`, `normalize_path` and `merge_slashes`, in this order. */
function settlePath(stream: StreamRecord, { config }: ConnectionPlan): LocalReply | null {
  const { escapedSlashes, normalizePath: normalize, mergeSlashes } = config
  if (stream.path.charCodeAt(0) !== SLASH) return null
  let redirect = false
  if (escapedSlashes !== 'keep') {
    const path = unescapeSlashes(stream.path)
    if (path !== stream.path && escapedSlashes === 'reject') return LOCAL_REPLIES.badPath
    redirect = path !== stream.path && escapedSlashes === 'redirect'
    stream.path = path
  }
  if (normalize || mergeSlashes) {
    const path = normalizePath(stream.path, normalize, mergeSlashes)
    if (path === null) return LOCAL_REPLIES.badPath
    stream.path = path
  }
  return redirect ? pathRedirect(stream.path) : null
}

const SLASH = 47

/** The lower-case protocol that the client wants to switch to; empty for none, and for `h2c`, which is ignored. */
function upgradeOf(stream: StreamRecord): string {
  if (stream.method === 'CONNECT') return 'connect'
  const value = stream.requestHeaders.getId(HEADER_IDS.upgrade)
  if (value === null || !hasToken(stream.requestHeaders.getJoined('connection'), 'upgrade')) return ''
  return hasToken(value, 'h2c') ? '' : value.toLowerCase()
}

/** Who sent the request, and what of its claims it may keep. */
function establishOrigin(stream: StreamRecord, plan: ConnectionPlan): LocalReply | null {
  const { config } = plan
  const { connection, requestHeaders: headers } = stream
  const origin = plan.clientAddress.apply(stream)
  if (origin.rejectStatus > 0) return rejectedAddress(origin.rejectStatus)
  // An edge behind nobody is where the outside begins; behind a trusted proxy that one has said what is true.
  const outermost = config.useRemoteAddress && config.xffNumTrustedHops === 0
  removeClaims(headers, origin.internal, origin.edge, origin.edge && outermost)
  if (origin.edge) headers.set('x-envoy-external-address', stream.remoteAddress)
  setScheme(stream, config.schemeOverwrite, outermost)
  if (config.appendForwardedPort && (outermost || !headers.has('x-forwarded-port'))) {
    headers.set('x-forwarded-port', String(connection.localPort))
  }
  if (config.addUserAgent) addUserAgent(headers, plan.runtime.localCluster ?? '')
  forwardClientCertificate(headers, connection, config.forwardClientCert, config.clientCertDetails)
  setRequestId(stream, config, origin.edge)
  if (config.via !== '') appendVia(headers, config.via)
  return null
}

/** What only the mesh itself may say (`x-envoy-*` of a stranger would steer retries and timeouts). */
function removeClaims(headers: HeaderTable, internal: boolean, edge: boolean, outermost: boolean): void {
  let mask: number = HeaderTrait.neverFromClients
  if (!internal) mask |= HeaderTrait.fromInternalOnly
  if (edge) mask |= HeaderTrait.notFromEdge
  headers.removeTraits(mask)
  if (outermost) {
    headers.removeId(HEADER_IDS['x-forwarded-host'])
    headers.remove('x-forwarded-port')
  }
  if (internal) headers.put(INTERNAL, 'true')
  else headers.removeId(HEADER_IDS['x-envoy-internal'])
}

function setScheme(stream: StreamRecord, overwrite: 'http' | 'https' | null, outermost: boolean): void {
  const { requestHeaders: headers } = stream
  const scheme = overwrite ?? (stream.connection.isTls ? 'https' : 'http')
  const claimed = headers.getId(HEADER_IDS['x-forwarded-proto'])
  if (claimed === null || outermost || overwrite !== null) {
    if (claimed !== scheme) headers.put(FORWARDED_PROTO, scheme)
    stream.scheme = scheme
  } else {
    stream.scheme = claimed === 'http' || claimed === 'https' ? claimed : scheme
  }
}

/** `add_user_agent`: the service that this proxy belongs to. */
function addUserAgent(headers: HeaderTable, localCluster: string): void {
  headers.set('x-envoy-downstream-service-cluster', localCluster)
  if (headers.findId(HEADER_IDS['user-agent']) < 0) headers.append('user-agent', localCluster)
}

/** RFC 9110 7.6.3: who passed a message on adds itself at the end. */
export function appendVia(headers: HeaderTable, via: string): void {
  const before = headers.getJoined('via')
  headers.set('via', before === null ? via : `${before}, ${via}`)
}
