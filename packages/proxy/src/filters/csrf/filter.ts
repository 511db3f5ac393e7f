import type { Slot } from '@meshwork/core/metrics'
import {
  CONTINUE,
  type FilterBlueprint,
  type FilterDeps,
  type FilterStatus,
  type FilterStream,
  type HttpFilter,
  REPLIED,
} from '../filter.ts'

/** Of the filter, or of a route in its place. */
export class CsrfSettings {
  /** Hosts that may ask besides the one that is asked. */
  readonly origins: readonly ((host: string) => boolean)[]
  /** Parts of a million. */
  readonly enabledPpm: number
  readonly shadowPpm: number

  constructor(origins: readonly ((host: string) => boolean)[], enabledPpm: number, shadowPpm: number) {
    this.origins = origins
    this.enabledPpm = enabledPpm
    this.shadowPpm = shadowPpm
  }
}

export function csrfBlueprint(settings: CsrfSettings): FilterBlueprint {
  return { name: 'envoy.filters.http.csrf', compile: deps => new CsrfFilter(settings, deps) }
}

const MUTATING: ReadonlySet<string> = new Set(['POST', 'PUT', 'DELETE', 'PATCH'])

/** Requests that change something must come from a page of the same host (`envoy.extensions.filters.http.csrf.v3.CsrfPolicy`). */
class CsrfFilter implements HttpFilter {
  private readonly own: CsrfSettings
  private readonly deps: FilterDeps
  private readonly missing: Slot
  private readonly invalid: Slot
  private readonly valid: Slot

  constructor(own: CsrfSettings, deps: FilterDeps) {
    this.own = own
    this.deps = deps
    this.missing = deps.stats.counter('csrf.missing_source_origin')
    this.invalid = deps.stats.counter('csrf.request_invalid')
    this.valid = deps.stats.counter('csrf.request_valid')
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    if (!MUTATING.has(stream.method)) return CONTINUE
    const given = stream.settings(this.deps.slot)
    const settings = given instanceof CsrfSettings ? given : this.own
    const enforced = this.draws(settings.enabledPpm)
    if (!enforced && !this.draws(settings.shadowPpm)) return CONTINUE
    const { registry } = this.deps.stats
    const source = sourceHost(stream)
    const valid = source === stream.authority || (source !== '' && settings.origins.some(matches => matches(source)))
    if (source === '') registry.add(this.missing, 1)
    registry.add(valid && source !== '' ? this.valid : this.invalid, 1)
    if ((valid && source !== '') || !enforced) return CONTINUE
    stream.reply(403, 'Invalid origin', 0, 'csrf_origin_mismatch')
    return REPLIED
  }

  private draws(ppm: number): boolean {
    return ppm > 0 && (ppm >= 1_000_000 || this.deps.random() * 1_000_000 < ppm)
  }
}

/** Host and port of the page that asks: of `origin`, or of `referer`. Empty: not known. */
function sourceHost({ requestHeaders }: FilterStream): string {
  const origin = hostOf(requestHeaders.get('origin') ?? '')
  return origin === '' ? hostOf(requestHeaders.get('referer') ?? '') : origin
}

function hostOf(url: string): string {
  if (url === 'null') return ''
  const start = url.indexOf('://')
  const rest = start < 0 ? url : url.slice(start + 3)
  const end = rest.search(/[/?#]/)
  return end < 0 ? rest : rest.slice(0, end)
}
