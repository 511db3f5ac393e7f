import { MeshError } from '@meshwork/core/result'

/** Where the application tells its own metrics: a page on loopback. */
export interface AppMetrics {
  readonly port: number
  /** Begins with a slash. */
  readonly path: string
}

const DEFAULT_PATH = '/metrics'
const NEXT_STEP = 'write it like 8080/metrics, or as the JSON of the annotations prometheus.io/scrape, port and path'

/**
 * `8080/metrics`, or what Istio's injector writes into `ISTIO_PROMETHEUS_ANNOTATIONS`: `{"scrape":"true","port":"8080",
 * "path":"/metrics"}`. null: the annotations say that there is nothing to scrape. Throws BAD_FLAG.
 */
export function parseAppMetrics(text: string): AppMetrics | null {
  if (text.startsWith('{')) return fromAnnotations(text)
  const [, port = '', path = DEFAULT_PATH] = /^(\d{1,5})(\/.*)?$/.exec(text) ?? []
  return checked(text, Number(port), path)
}

function fromAnnotations(text: string): AppMetrics | null {
  const { scrape, port, path } = annotations(text)
  if (scrape !== 'true') return null
  const page = path === '' ? DEFAULT_PATH : path
  return checked(text, Number(port), page.startsWith('/') ? page : `/${page}`)
}

interface Annotations {
  readonly scrape: string
  readonly port: string
  readonly path: string
}

function annotations(text: string): Annotations {
  try {
    const value: unknown = JSON.parse(text)
    const fields = new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : [])
    const field = (name: string): string => {
      const found = fields.get(name)
      return typeof found === 'string' || typeof found === 'number' || typeof found === 'boolean' ? String(found) : ''
    }
    return { scrape: field('scrape'), port: field('port'), path: field('path') }
  } catch {
    throw new MeshError('BAD_FLAG', `'${text}' is not JSON`, { source: 'config', nextStep: NEXT_STEP })
  }
}

function checked(text: string, port: number, path: string): AppMetrics {
  if (port >= 1 && port <= 65_535 && /^\/[\x21-\x7e]*$/.test(path)) return { port, path }
  throw new MeshError('BAD_FLAG', `'${text}' names no page of metrics`, { source: 'config', nextStep: NEXT_STEP })
}
