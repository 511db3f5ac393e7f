import { type Fields, scalarText, textsOf } from './json.ts'

/** What a proxy has to scrape for the application, and where Prometheus then asks. */
export interface MergedMetrics {
  /** Value of ISTIO_PROMETHEUS_ANNOTATIONS; empty where the application has no metrics. */
  readonly variable: string
  /** In place of the pod's own. */
  readonly annotations: Readonly<Record<string, string>>
}

const MERGE = 'prometheus.istio.io/merge-metrics'
const SCRAPE = 'prometheus.io/scrape'
const PORT = 'prometheus.io/port'
const PATH = 'prometheus.io/path'
const SCHEME = 'prometheus.io/scheme'
/** Where scrapes go that name no port. */
const DEFAULT_PORT = '80'

/**
 * Prometheus finds one page with the application's metrics and the proxy's, without the TLS that would refuse it at the application's
 * own port. null: the pod or the mesh (`enablePrometheusMerge: false`) does not want it, or what the pod says cannot be asked that way.
 */
export function mergeMetrics(metadata: Fields, mesh: Fields, statusPort: number): MergedMetrics | null {
  const annotations = textsOf(metadata['annotations'])
  if ((annotations[MERGE] ?? scalarText(mesh['enablePrometheusMerge'] ?? true)) !== 'true') return null
  if (annotations[SCRAPE] === 'false' || (annotations[SCHEME] ?? 'http') !== 'http') return null
  const here = { [SCRAPE]: 'true', [PORT]: String(statusPort), [PATH]: '/stats/prometheus' }
  if (annotations[SCRAPE] !== 'true') return { variable: '', annotations: here }
  const port = annotations[PORT] ?? DEFAULT_PORT
  if (!isPort(port) || Number(port) === statusPort) return null
  return { variable: JSON.stringify({ scrape: 'true', path: annotations[PATH] ?? '', port }), annotations: here }
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}
