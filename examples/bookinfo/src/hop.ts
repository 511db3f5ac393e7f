import type { IncomingHttpHeaders } from 'node:http'

/** One service on the way of a request, as that service itself saw it. */
export interface Hop {
  readonly service: string
  readonly version: string
  /** SPIFFE id in the certificate of the calling sidecar, as our own sidecar reports it; `null` if the call was not mutual TLS. */
  readonly caller: string | null
}

/** What a service of the sample adds to its JSON: itself first, then the services it called. */
export interface Traced {
  readonly hops: readonly Hop[]
}

/** Reads `URI=` of the last element of `x-forwarded-client-cert`: the certificate of the direct peer. */
export function callerOf(headers: IncomingHttpHeaders): string | null {
  const header = headers['x-forwarded-client-cert']
  if (typeof header !== 'string') return null
  const last = header.split(',').at(-1) ?? ''
  const uri = last.split(';').find(part => part.toLowerCase().startsWith('uri='))
  return uri === undefined ? null : uri.slice('uri='.length).replaceAll('"', '')
}

/** The hops in the answer of another service of the sample; empty if it answered anything else. */
export function hopsOf(body: unknown): readonly Hop[] {
  if (typeof body !== 'object' || body === null || !('hops' in body) || !Array.isArray(body.hops)) return []
  return body.hops.filter(isHop)
}

function isHop(value: unknown): value is Hop {
  if (typeof value !== 'object' || value === null) return false
  return (
    'service' in value && typeof value.service === 'string' && 'version' in value && typeof value.version === 'string' && 'caller' in value
  )
}
