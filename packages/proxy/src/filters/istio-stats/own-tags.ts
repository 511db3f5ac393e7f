import { parseTagExpression, type TagExpression } from '@meshwork/core/metrics'
import type { HeaderTable } from '../../http/header-table.ts'
import type { StreamInfo } from '../../telemetry/stream-info.ts'

/** How the labels of one metric differ from the standard ones. */
export interface TagChange {
  readonly removed: ReadonlySet<string>
  /** Expressions by label; one of a standard name takes its place. */
  readonly set: ReadonlyMap<string, string>
}

type Labels = Readonly<Record<string, string>>

const UNKNOWN = 'unknown'

/** Labels that people add to metrics, or take from them. Pure. */
export class OwnTags {
  /** All expressions are literal: labels follow from the configuration alone. */
  readonly areFixed: boolean
  private readonly changes: ReadonlyMap<string, TagChange>
  private readonly expressions: readonly TagExpression[]
  /** Places in `expressions`, by their text. */
  private readonly places: ReadonlyMap<string, number>

  /** By metrics without their prefix `istio_`. Expressions must have been checked. */
  constructor(changes: ReadonlyMap<string, TagChange>) {
    const texts = [...new Set([...changes.values()].flatMap(({ set }) => [...set.values()]))]
    this.changes = changes
    this.expressions = texts.map(text => parseTagExpression(text) ?? { kind: 'literal', value: UNKNOWN })
    this.places = new Map(texts.map((text, place) => [text, place]))
    this.areFixed = this.expressions.every(({ kind }) => kind === 'literal')
  }

  /** The values of all expressions for one request or connection; what it has not is `unknown`. */
  values(info: StreamInfo): readonly string[] {
    return this.expressions.map(expression => valueOf(expression, info) || UNKNOWN)
  }

  labels(metric: string, standard: Labels, values: readonly string[]): Labels {
    const change = this.changes.get(metric)
    if (change === undefined) return standard
    const { removed, set } = change
    const own = [...set].map(([tag, text]) => [tag, values[this.places.get(text) ?? -1] ?? UNKNOWN] as const)
    return { ...Object.fromEntries(Object.entries(standard).filter(([name]) => !removed.has(name))), ...Object.fromEntries(own) }
  }
}

function valueOf(expression: TagExpression, info: StreamInfo): string | undefined {
  if (expression.kind === 'literal') return expression.value
  if (expression.kind === 'header') return header(expression.of === 'request' ? info.requestHeaders : info.responseHeaders, expression.name)
  switch (expression.name) {
    case 'request.method':
      return info.method
    case 'request.host':
      return info.authority
    case 'request.path':
      return info.path
    case 'request.url_path':
      return info.path.split('?', 1)[0]
    case 'request.scheme':
      return info.scheme
    case 'request.protocol':
      return info.protocol
    case 'request.id':
      return info.requestId
    case 'request.useragent':
      return header(info.requestHeaders, 'user-agent')
    case 'response.code':
      return info.status === 0 ? '' : String(info.status)
    case 'xds.cluster_name':
      return info.clusterName
    case 'xds.route_name':
      return info.route?.routeName
  }
}

function header(headers: HeaderTable | null, name: string): string | undefined {
  return headers?.get(name) ?? undefined
}
