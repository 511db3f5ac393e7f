import { usage } from '../command/values.ts'

/** What is asked, as the application writes it. */
export interface TracedRequest {
  readonly scheme: 'http' | 'https' | 'tcp'
  /** As in the URL. */
  readonly host: string
  readonly port: number
  /** Without query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly method: string
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>
}

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** `http://reviews:9080/x?y=1`, `reviews:9080/x` or `tcp://mysql:3306`, with `name=value` or `name: value` headers. */
export function parseRequest(text: string, method: string, headers: readonly string[]): TracedRequest {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  const scheme = url?.protocol.slice(0, -1)
  if (url === null || (scheme !== 'http' && scheme !== 'https' && scheme !== 'tcp') || url.hostname === '')
    throw usage(`'${text}' is no URL that can be traced`, 'write http://HOST:PORT/PATH, https://HOST or tcp://HOST:PORT')
  const port = url.port === '' ? PORTS[url.protocol] : Number(url.port)
  if (port === undefined) throw usage(`'${text}' needs a port`, 'write tcp://HOST:PORT')
  return {
    scheme,
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port,
    path: url.pathname === '' ? '/' : url.pathname,
    query: url.searchParams,
    method: method.toUpperCase(),
    headers: new Map(headers.map(parseHeader)),
  }
}

function parseHeader(text: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*[=:]\s*(.*)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw usage(`--header: '${text}' is not of the form name=value`, '-H end-user=jason')
  return [name.toLowerCase(), value]
}

/** What the proxy gets in `Host`. */
export function authorityOf({ host, port, scheme, headers }: TracedRequest): string {
  const usual = (scheme === 'http' && port === 80) || (scheme === 'https' && port === 443)
  return headers.get('host') ?? (usual ? host : `${host}:${port}`)
}
