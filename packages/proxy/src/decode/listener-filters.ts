import type {
  ListenerFilter,
  ListenerFilterChainMatchPredicate as Predicate,
} from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { messageOf } from '@meshwork/core/result'
import type { ListenerFilterBlueprint } from '../listener-filters/listener-filter.ts'
import { LISTENER_FILTERS } from '../listener-filters/table.ts'
import type { Report } from './report.ts'

const PACKAGE = 'type.googleapis.com/envoy.extensions.filters.listener.'

/** Filters whose configuration is an empty message are also known by their name alone. */
const WELL_KNOWN: ReadonlyMap<string, string> = new Map([
  ['envoy.filters.listener.original_dst', `${PACKAGE}original_dst.v3.OriginalDst`],
  ['envoy.filters.listener.tls_inspector', `${PACKAGE}tls_inspector.v3.TlsInspector`],
  ['envoy.filters.listener.http_inspector', `${PACKAGE}http_inspector.v3.HttpInspector`],
])

/** The filters in their order. */
export function decodeListenerFilters(filters: readonly ListenerFilter[], report: Report): readonly ListenerFilterBlueprint[] {
  return filters.flatMap((filter, i) => {
    const inner = report.at(i)
    const blueprint = decodeFilter(filter, inner)
    if (blueprint === null) return []
    if (filter.filterDisabled === undefined) return [blueprint]
    const disabled = decodePredicate(filter.filterDisabled, inner.at('filter_disabled'))
    return [{ ...blueprint, enabledFor: (port: number) => !disabled(port) }]
  })
}

function decodeFilter({ name, configType }: ListenerFilter, report: Report): ListenerFilterBlueprint | null {
  const typed = configType?.$case === 'typedConfig' ? configType.value : undefined
  const typeUrl = typed?.typeUrl ?? WELL_KNOWN.get(name)
  const codec = LISTENER_FILTERS.find(known => known.typeUrl === typeUrl)
  if (codec === undefined) {
    report.refuse('unknown-type', `listener filter '${name}' is not supported`)
    return null
  }
  try {
    return codec.decode(typed?.value ?? new Uint8Array(), report.at('typed_config'))
  } catch (error) {
    report.at('typed_config').refuse('malformed', messageOf(error))
    return null
  }
}

type PortPredicate = (localPort: number) => boolean

const NEVER: PortPredicate = () => false

/** `filter_disabled`: for which destination ports a filter is passed by. */
function decodePredicate({ rule }: Predicate, report: Report): PortPredicate {
  switch (rule?.$case) {
    case 'anyMatch':
      return () => rule.value
    case 'destinationPortRange': {
      const { start, end } = rule.value
      return port => port >= start && port < end
    }
    case 'notMatch': {
      const inner = decodePredicate(rule.value, report.at('not_match'))
      return port => !inner(port)
    }
    case 'orMatch': {
      const rules = rule.value.rules.map((one, i) => decodePredicate(one, report.at('or_match', 'rules', i)))
      return port => rules.some(matches => matches(port))
    }
    case 'andMatch': {
      const rules = rule.value.rules.map((one, i) => decodePredicate(one, report.at('and_match', 'rules', i)))
      return port => rules.every(matches => matches(port))
    }
    case undefined:
      report.refuse('required', 'must say what to match')
      return NEVER
  }
}
