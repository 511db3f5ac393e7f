import { textOf } from '@meshwork/core/json'
import { MeshError } from '@meshwork/core/result'

/** A question that the kubelet asks the proxy, and the proxy the application: once it has TLS, the kubelet could not ask itself. */
export type AppProbe = HttpProbe | TcpProbe | GrpcProbe

export interface HttpProbe {
  readonly kind: 'http'
  readonly scheme: 'http' | 'https'
  readonly port: number
  readonly path: string
  /** Names as given; `host` is `httpGet.host` or a header of that name. */
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

export interface TcpProbe {
  readonly kind: 'tcp'
  readonly port: number
  readonly timeoutMs: number
}

export interface GrpcProbe {
  readonly kind: 'grpc'
  readonly port: number
  /** Empty: the server as a whole. */
  readonly service: string
  readonly timeoutMs: number
}

/** Set by the injector; Istio's name and form. */
export const PROBES_VARIABLE = 'ISTIO_KUBE_APP_PROBERS'
/** Of the container `shop`, its readiness: `/app-health/shop/readyz`; `livez`, `startupz`, `prestopz` and `poststartz` likewise. */
const PAGE = /^\/app-health\/[^/]{1,253}\/(?:readyz|livez|startupz|prestopz|poststartz)$/
const MOST_PROBES = 64
/** What Kubernetes takes when a probe says nothing. */
const DEFAULT_TIMEOUT_S = 1
const MS_PER_S = 1000

type Fields = Readonly<Record<string, unknown>>

/**
 * `{"/app-health/shop/readyz": {"httpGet": {…}, "timeoutSeconds": 2}}`: probes of the pod's containers as Kubernetes writes them, with
 * ports as numbers. Throws BAD_FLAG.
 */
export function parseAppProbes(text: string): ReadonlyMap<string, AppProbe> {
  const entries = Object.entries(fieldsOf(jsonOf(text), 'the probes'))
  if (entries.length > MOST_PROBES) throw bad(`there are ${entries.length} probes, at most ${MOST_PROBES} are possible`)
  return new Map(entries.map(([page, probe]) => [page, probeOf(page, probe)]))
}

function probeOf(page: string, value: unknown): AppProbe {
  if (!PAGE.test(page)) throw bad(`'${page}' is no page of a probe, like /app-health/shop/readyz`)
  const probe = fieldsOf(value, page)
  const timeout = probe['timeoutSeconds'] ?? DEFAULT_TIMEOUT_S
  if (typeof timeout !== 'number' || !(timeout > 0 && timeout <= 3600))
    throw bad(`${page}: timeoutSeconds is not more than 0 and at most 3600`)
  const timeoutMs = timeout * MS_PER_S
  const { httpGet, tcpSocket, grpc } = probe
  if (httpGet !== undefined) return httpProbe(page, fieldsOf(httpGet, page), timeoutMs)
  if (tcpSocket !== undefined) return { kind: 'tcp', port: portOf(page, fieldsOf(tcpSocket, page)), timeoutMs }
  if (grpc === undefined) throw bad(`${page}: none of httpGet, tcpSocket and grpc`)
  const { service, ...rest } = fieldsOf(grpc, page)
  return { kind: 'grpc', port: portOf(page, rest), service: textOf(service), timeoutMs }
}

function httpProbe(page: string, get: Fields, timeoutMs: number): HttpProbe {
  const path = textOf(get['path'])
  const host = textOf(get['host'])
  const scheme = textOf(get['scheme']).toLowerCase()
  if (!['', 'http', 'https'].includes(scheme)) throw bad(`${page}: the scheme is '${scheme}', not HTTP or HTTPS`)
  if (/[^\x21-\x7e]/.test(path)) throw bad(`${page}: the path has characters that a request cannot carry`)
  return {
    kind: 'http',
    scheme: scheme === 'https' ? 'https' : 'http',
    port: portOf(page, get),
    path: path.startsWith('/') ? path : `/${path}`,
    headers: { ...(host !== '' && { host }), ...headersOf(page, get['httpHeaders']) },
    timeoutMs,
  }
}

function headersOf(page: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  if (!Array.isArray(value)) throw bad(`${page}: httpHeaders is not a list`)
  return Object.fromEntries(
    value.map(item => {
      const { name, value: text } = fieldsOf(item, page)
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(textOf(name)) || /[\r\n\0]/.test(textOf(text)))
        throw bad(`${page}: '${textOf(name)}' is no header`)
      return [textOf(name).toLowerCase() === 'host' ? 'host' : textOf(name), textOf(text)]
    }),
  )
}

function portOf(page: string, { port }: Fields): number {
  if (typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw bad(`${page}: the port is ${JSON.stringify(port)}, not a number from 1 to 65535`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw bad('the probes are not JSON')
  }
}

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw bad(`${where}: not an object`)
}

function bad(message: string): MeshError {
  return new MeshError('BAD_FLAG', `${PROBES_VARIABLE}: ${message}`, { source: 'config', nextStep: 'inject the pod again' })
}
