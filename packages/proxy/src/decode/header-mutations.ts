import { type HeaderValueOption, HeaderValueOption_HeaderAppendAction } from '@meshwork/protos/envoy/config/core/v3/base'
import type { HeaderAddition, HeaderMutations } from '../model/route.ts'
import { formatProblem } from '../telemetry/format-problem.ts'
import type { Report } from './report.ts'

/** The four fields that route tables, virtual hosts, routes and weighted clusters share. */
export interface HeaderFields {
  readonly requestHeadersToAdd: readonly HeaderValueOption[]
  readonly requestHeadersToRemove: readonly string[]
  readonly responseHeadersToAdd: readonly HeaderValueOption[]
  readonly responseHeadersToRemove: readonly string[]
}

export const HEADER_FIELDS = ['requestHeadersToAdd', 'requestHeadersToRemove', 'responseHeadersToAdd', 'responseHeadersToRemove'] as const

export const NO_HEADER_MUTATIONS: HeaderMutations = { requestAdd: [], requestRemove: [], responseAdd: [], responseRemove: [] }

const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const ACTIONS: ReadonlyMap<number, HeaderAddition['action']> = new Map([
  [HeaderValueOption_HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD, 'append-if-exists-or-add'],
  [HeaderValueOption_HeaderAppendAction.ADD_IF_ABSENT, 'add-if-absent'],
  [HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD, 'overwrite-if-exists-or-add'],
  [HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS, 'overwrite-if-exists'],
])

export function decodeHeaderMutations(fields: HeaderFields, report: Report): HeaderMutations {
  return {
    requestAdd: fields.requestHeadersToAdd.map((option, i) => decodeAddition(option, report.at('request_headers_to_add', i))),
    requestRemove: fields.requestHeadersToRemove.map((name, i) => removable(name, report.at('request_headers_to_remove', i))),
    responseAdd: fields.responseHeadersToAdd.map((option, i) => decodeAddition(option, report.at('response_headers_to_add', i))),
    responseRemove: fields.responseHeadersToRemove.map((name, i) => removable(name, report.at('response_headers_to_remove', i))),
  }
}

export function decodeAddition(option: HeaderValueOption, report: Report): HeaderAddition {
  const name = (option.header?.key ?? '').toLowerCase()
  const raw = option.header?.rawValue
  const value = raw === undefined || raw.length === 0 ? bytesAsText(Buffer.from(option.header?.value ?? '')) : bytesAsText(raw)
  // Envoy lets `:authority` and friends be set by name, and so do the rules of 1.0; other pseudo-headers make no sense.
  if (!TOKEN.test(name) && !/^:(authority|path|method|scheme)$/.test(name))
    report.at('header', 'key').refuse('bad-header-name', `'${name}' is not a header name`)
  if (/[\0\r\n]/.test(value)) report.at('header', 'value').refuse('bad-header-value', 'must not contain line breaks')
  const problem = formatProblem(value)
  if (problem !== '') report.at('header', 'value').refuse('bad-format', problem)
  return { name, value, action: actionOf(option, report), keepEmptyValue: option.keepEmptyValue }
}

/** `append`, where it is set, says the same in an older way (HeaderValueOption.append). */
function actionOf(option: HeaderValueOption, report: Report): HeaderAddition['action'] {
  if (option.append === false) return 'overwrite-if-exists-or-add'
  if (option.append === true) return 'append-if-exists-or-add'
  const action = ACTIONS.get(option.appendAction)
  if (action === undefined) report.at('append_action').refuse('unknown-value', `${option.appendAction} is not an action`)
  return action ?? 'append-if-exists-or-add'
}

/** Name of a header that is looked up, lower-case. */
export function headerName(name: string, report: Report): string {
  const lower = name.toLowerCase()
  if (!TOKEN.test(lower) && !/^:(authority|path|method|scheme)$/.test(lower))
    report.refuse('bad-header-name', `'${name}' is not a header name`)
  return lower
}

function removable(name: string, report: Report): string {
  const lower = name.toLowerCase()
  if (!TOKEN.test(lower) || lower === 'host') report.refuse('bad-header-name', `'${name}' cannot be removed`)
  return lower
}

/** Header values are bytes, one per character: what is not ASCII goes out as UTF-8. */
function bytesAsText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
