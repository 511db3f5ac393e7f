import { parseSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { MeshError, messageOf } from '@meshwork/core/result'
import { parse } from 'yaml'

/** What Istio's ProxyConfig says to a proxy itself; the rest of it is for the control plane, which reads it from `raw`. */
export interface PodProxyConfig {
  readonly discovery: SocketAddress
  /** false: the control plane is asked in plain text (`controlPlaneAuthPolicy: NONE`). */
  readonly isSecure: boolean
  /** Milliseconds between the request to stop and the end. */
  readonly terminationDrainMs: number
  readonly adminPort: number
  readonly statusPort: number
  /** As environment variables, over those of the container. */
  readonly proxyMetadata: Readonly<Record<string, string>>
  readonly raw: Readonly<Record<string, unknown>>
}

const DEFAULT_DISCOVERY = 'istiod.istio-system.svc:15012'
/** Of today's Istio. */
const DEFAULTS = { terminationDrainMs: 5_000, adminPort: 15_000, statusPort: 15_020 }
const LONGEST_CONFIG = 1024 * 1024
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Reads `PROXY_CONFIG` and, over it, the annotation `proxy.istio.io/config`: YAML or JSON. Throws BAD_PROXY_CONFIG. */
export function parseProxyConfig(environment: string | undefined, annotation: string | undefined): PodProxyConfig {
  const raw = { ...objectIn(environment, 'PROXY_CONFIG'), ...objectIn(annotation, 'the annotation proxy.istio.io/config') }
  const discovery = parseSocketAddress(textOf(raw, 'discoveryAddress') ?? DEFAULT_DISCOVERY)
  if (discovery.kind === 'err') throw bad(`discoveryAddress: ${discovery.error}`)
  return {
    discovery: discovery.value,
    isSecure: raw['controlPlaneAuthPolicy'] !== 'NONE',
    terminationDrainMs: durationOf(raw, 'terminationDrainDuration') ?? DEFAULTS.terminationDrainMs,
    adminPort: portOf(raw, 'proxyAdminPort') ?? DEFAULTS.adminPort,
    statusPort: portOf(raw, 'statusPort') ?? DEFAULTS.statusPort,
    proxyMetadata: textsOf(raw['proxyMetadata']),
    raw,
  }
}

function objectIn(text: string | undefined, place: string): Readonly<Record<string, unknown>> {
  if (text === undefined || text.trim() === '') return {}
  if (text.length > LONGEST_CONFIG) throw bad(`${place} is longer than ${LONGEST_CONFIG} characters`)
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw bad(`${place}: ${messageOf(error)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(`${place} is not an object`)
  return { ...value }
}

function textOf(raw: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = raw[field]
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw bad(`${field} is not a text`)
  return value
}

function portOf(raw: Readonly<Record<string, unknown>>, field: string): number | undefined {
  const value = raw[field]
  if (value === undefined || value === 0) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 65_535) throw bad(`${field} is not a port (1 to 65535)`)
  return value
}

function durationOf(raw: Readonly<Record<string, unknown>>, field: string): number | undefined {
  const text = textOf(raw, field)
  if (text === undefined) return undefined
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.map(([whole]) => whole).join('') !== text) throw bad(`${field}: '${text}' is not a duration like 5s or 1m30s`)
  return Math.round(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNIT_MS[unit ?? ''] ?? 0), 0))
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object') throw bad('proxyMetadata is not an object')
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]))
}

function bad(message: string): MeshError {
  return new MeshError('BAD_PROXY_CONFIG', message, {
    source: 'config',
    nextStep: 'correct meshConfig.defaultConfig, or the annotation proxy.istio.io/config of the pod, and start the pod again',
  })
}
