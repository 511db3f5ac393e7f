import { HeaderTable } from '../../http/header-table.ts'
import type { SideRequest, SideResponse } from '../../upstream/side-call.ts'
import type { FilterStream } from '../filter.ts'
import type { ExtAuthzFields, HttpServiceFields } from './settings.ts'
import { ERROR, type HeaderChange, type HeaderPair, type Verdict } from './verdict.ts'

const MAX_ANSWER_BYTES = 1024 * 1024

/** The question as an ordinary request: method, path and host of the one that is checked (`ExtAuthz.http_service`). */
export function httpQuestion(
  stream: FilterStream,
  fields: ExtAuthzFields,
  service: HttpServiceFields,
  body: Buffer,
  partial: boolean | null,
): SideRequest {
  const headers = new HeaderTable()
  headers.append('host', stream.authority)
  const { names, values } = stream.requestHeaders
  for (const [i, name] of names.entries()) if (isTold(name.key, fields)) headers.appendName(name, values[i] ?? '')
  if (partial !== null) headers.set('x-envoy-auth-partial-body', String(partial))
  for (const [name, value] of service.headersToAdd) headers.set(name, value)
  headers.set('content-length', String(body.length))
  return {
    method: stream.method,
    path: service.pathPrefix + stream.path,
    authority: stream.authority,
    scheme: service.scheme,
    requestHeaders: headers,
    upgrade: false,
    body,
    timeoutMs: service.timeoutMs,
    maxResponseBytes: MAX_ANSWER_BYTES,
  }
}

const FRAMING: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'expect',
  'te',
  'upgrade',
  'keep-alive',
])

/** Authorization always is; others as configured. */
function isTold(name: string, { allowedHeaders, disallowedHeaders }: ExtAuthzFields): boolean {
  if (FRAMING.has(name) || disallowedHeaders?.(name) === true) return false
  return name === 'authorization' || allowedHeaders?.(name) === true
}

/** 200 allows; 5xx is a failure of the service; everything else is a refusal. */
export function httpVerdict(response: SideResponse, service: HttpServiceFields): Verdict {
  if (response.status >= 500) return ERROR
  const metadata = metadataOf(response.headers, service)
  if (response.status !== 200) {
    const headers = pairs(response.headers).filter(
      ([name]) => !FRAMING.has(name) && (service.clientHeaders === null || goesToClient(name, service)),
    )
    return { kind: 'denied', status: response.status, body: response.body.toString(), headers, metadata }
  }
  const removals = response.headers.getJoined('x-envoy-auth-headers-to-remove')
  return {
    kind: 'allowed',
    requestChanges: [
      ...changes(response.headers, service.upstreamHeaders, 'set'),
      ...changes(response.headers, service.upstreamHeadersToAppend, 'append'),
    ],
    requestRemovals: (removals ?? '').split(',').flatMap(name => (name.trim() === '' ? [] : [name.trim().toLowerCase()])),
    responseChanges: changes(response.headers, service.clientHeadersOnSuccess, 'append'),
    query: null,
    metadata,
  }
}

const ALWAYS_TO_CLIENT: ReadonlySet<string> = new Set(['www-authenticate', 'location'])

function goesToClient(name: string, { clientHeaders }: HttpServiceFields): boolean {
  return ALWAYS_TO_CLIENT.has(name) || clientHeaders?.(name) === true
}

function pairs(headers: HeaderTable): readonly HeaderPair[] {
  return headers.names.map((name, i) => [name.key, headers.values[i] ?? ''] as const)
}

function changes(
  headers: HeaderTable,
  chosen: ((name: string) => boolean) | null,
  action: HeaderChange['action'],
): readonly HeaderChange[] {
  if (chosen === null) return []
  const seen = new Set<string>()
  return pairs(headers)
    .filter(([name]) => !FRAMING.has(name) && chosen(name))
    .map(([name, value]) => {
      // The first line replaces what is there, further ones are added to it.
      const first = !seen.has(name)
      seen.add(name)
      return { name, value, action: first ? action : 'append' }
    })
}

function metadataOf(headers: HeaderTable, { metadataHeaders }: HttpServiceFields): Readonly<Record<string, unknown>> | null {
  if (metadataHeaders === null) return null
  const chosen = pairs(headers).filter(([name]) => metadataHeaders(name))
  return chosen.length === 0 ? null : Object.fromEntries(chosen)
}
