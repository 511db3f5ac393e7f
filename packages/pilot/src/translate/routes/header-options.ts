import { type HeaderOperations, isHostHeader } from '@meshwork/config/kinds'
import { HeaderValueOption, HeaderValueOption_HeaderAppendAction } from '@meshwork/protos/envoy/config/core/v3/base'

export interface HeaderFields {
  readonly requestHeadersToAdd: HeaderValueOption[]
  readonly requestHeadersToRemove: string[]
  readonly responseHeadersToAdd: HeaderValueOption[]
  readonly responseHeadersToRemove: string[]
}

/**
 * Header operations as the fields that routes, destinations and virtual hosts share. Later entries act after earlier ones. What a
 * proxy would refuse is no longer in them (`repair`); the host is rewritten (`hostSetBy`).
 */
export function headerFields(...operations: readonly HeaderOperations[]): HeaderFields {
  return {
    requestHeadersToAdd: operations.flatMap(o => [...options(o.request.set, 'overwrite'), ...options(o.request.add, 'append')]),
    requestHeadersToRemove: operations.flatMap(o => [...o.request.remove]),
    responseHeadersToAdd: operations.flatMap(o => [...options(o.response.set, 'overwrite'), ...options(o.response.add, 'append')]),
    responseHeadersToRemove: operations.flatMap(o => [...o.response.remove]),
  }
}

/** The host that `headers.request` gives, which Envoy wants as a rewrite and not as a header. What is set counts before what is added. */
export function hostSetBy({ request }: HeaderOperations): string | undefined {
  const entry = [request.set, request.add].flatMap(Object.entries<string>).find(([name]) => isHostHeader(name))
  return entry?.[1]
}

function options(headers: Readonly<Record<string, string>>, action: 'overwrite' | 'append'): HeaderValueOption[] {
  const appendAction =
    action === 'append'
      ? HeaderValueOption_HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD
      : HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD
  return Object.entries(headers)
    .filter(([name]) => !isHostHeader(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => HeaderValueOption.fromPartial({ header: { key, value }, appendAction }))
}
