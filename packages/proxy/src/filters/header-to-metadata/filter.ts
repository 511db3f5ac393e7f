import type { HeaderTable } from '../../http/header-table.ts'
import { CONTINUE, type FilterBlueprint, type FilterStatus, type FilterStream, type HttpFilter } from '../filter.ts'
import { cookieValue } from '../cookies.ts'

export interface MetadataTarget {
  readonly namespace: string
  readonly key: string
  /** In place of the header's; empty: the header's own. */
  readonly value: string
  readonly type: 'string' | 'number' | 'protobuf'
  readonly decodesBase64: boolean
  readonly rewrite: ((text: string) => string) | null
}

export interface MetadataRule {
  /** Lower-case; empty: a cookie. */
  readonly header: string
  readonly cookie: string
  readonly present: MetadataTarget | null
  readonly missing: MetadataTarget | null
  readonly removes: boolean
}

/** Of the filter, or of a route in its place. */
export class MetadataRules {
  readonly request: readonly MetadataRule[]
  readonly response: readonly MetadataRule[]

  constructor(request: readonly MetadataRule[], response: readonly MetadataRule[]) {
    this.request = request
    this.response = response
  }
}

export function headerToMetadataBlueprint(rules: MetadataRules): FilterBlueprint {
  return { name: 'envoy.filters.http.header_to_metadata', compile: ({ slot }) => new HeaderToMetadataFilter(rules, slot) }
}

/** `envoy.extensions.filters.http.header_to_metadata.v3.Config` */
class HeaderToMetadataFilter implements HttpFilter {
  private readonly own: MetadataRules
  private readonly slot: number

  constructor(own: MetadataRules, slot: number) {
    this.own = own
    this.slot = slot
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    for (const rule of this.rulesOf(stream).request) apply(rule, stream, stream.requestHeaders)
    return CONTINUE
  }

  onResponseHead(stream: FilterStream): FilterStatus {
    if (stream.responseHeaders !== null) for (const rule of this.rulesOf(stream).response) apply(rule, stream, stream.responseHeaders)
    return CONTINUE
  }

  private rulesOf(stream: FilterStream): MetadataRules {
    const settings = stream.settings(this.slot)
    return settings instanceof MetadataRules ? settings : this.own
  }
}

function apply(rule: MetadataRule, stream: FilterStream, headers: HeaderTable): void {
  const text = rule.header === '' ? cookieValue(headers, rule.cookie) : headers.getJoined(rule.header)
  if (text === null) {
    if (rule.missing !== null) say(rule.missing, rule.missing.value, stream)
    return
  }
  if (rule.present !== null) say(rule.present, rule.present.value === '' ? text : rule.present.value, stream)
  if (rule.removes) headers.remove(rule.header)
}

/** Longest value that is taken over (Envoy's limit). */
const MAX_VALUE_LENGTH = 8 * 1024

function say(target: MetadataTarget, text: string, stream: FilterStream): void {
  const rewritten = target.rewrite === null ? text : target.rewrite(text)
  const value = target.decodesBase64 ? Buffer.from(rewritten, 'base64').toString() : rewritten
  if (value === '' || value.length > MAX_VALUE_LENGTH) return
  if (target.type === 'string') {
    stream.mergeDynamicMetadata(target.namespace, { [target.key]: value })
    return
  }
  const number = Number(value)
  if (!Number.isNaN(number)) stream.mergeDynamicMetadata(target.namespace, { [target.key]: number })
}
