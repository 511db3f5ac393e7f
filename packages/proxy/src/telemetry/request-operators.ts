import type { Operator } from './formatter.ts'
import type { StreamInfo } from './stream-info.ts'

/** Operators about parts of a request and its answer that are no headers. */
export const REQUEST_OPERATORS: Readonly<Record<string, (argument: string) => Operator>> = {
  QUERY_PARAM: name => info => queryParameter(originalPath(info), name),
  QUERY_PARAMS: argument => info => nonEmpty(splitPath(pathFor(info, argument)).query),
  PATH: pathOperator,
  GRPC_STATUS: argument => info => grpcStatus(info, argument),
  GRPC_STATUS_NUMBER: () => grpcNumber,
  REQUEST_HEADERS_BYTES: () => info => String(fieldBytes(info.requestHeaders)),
  RESPONSE_HEADERS_BYTES: () => info => String(fieldBytes(info.responseHeaders)),
  RESPONSE_TRAILERS_BYTES: () => info => String(fieldBytes(info.responseTrailers)),
}

/** `PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH)`: with or without query, as it came or as it was rewritten. */
function pathOperator(argument: string): Operator {
  const [query = 'WQ', which = 'ORIG_OR_PATH'] = argument.split(':')
  return info => {
    const path = pathFor(info, which)
    return nonEmpty(query === 'NQ' ? splitPath(path).path : path)
  }
}

function pathFor(info: StreamInfo, which: string): string {
  if (which === 'PATH') return info.path
  return which === 'ORIG' ? (info.requestHeaders?.get('x-envoy-original-path') ?? '') : originalPath(info)
}

function originalPath(info: StreamInfo): string {
  return info.requestHeaders?.get('x-envoy-original-path') ?? info.path
}

function splitPath(path: string): { readonly path: string; readonly query: string } {
  const question = path.indexOf('?')
  return question < 0 ? { path, query: '' } : { path: path.slice(0, question), query: path.slice(question + 1) }
}

function queryParameter(path: string, name: string): string | null {
  const pairs = splitPath(path).query.split('&')
  const found = pairs.find(pair => pair === name || pair.startsWith(`${name}=`))
  return found === undefined ? null : nonEmpty(found.slice(name.length + 1))
}

const NAMES: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

/** `GRPC_STATUS(CAMEL_STRING|SNAKE_STRING|NUMBER)`: `NotFound`, `NOT_FOUND` or 5. */
function grpcStatus(info: StreamInfo, form: string): string | null {
  const number = grpcNumber(info)
  if (number === null || form === 'NUMBER') return number
  const name = NAMES[Number(number)]
  if (name === undefined) return number
  return form === 'SNAKE_STRING' ? name : camelCase(name)
}

function camelCase(name: string): string {
  if (name === 'OK') return name
  if (name === 'CANCELLED') return 'Canceled'
  return name.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** Of gRPC requests only. */
function grpcNumber(info: StreamInfo): string | null {
  const type = info.requestHeaders?.get('content-type') ?? ''
  if (!type.startsWith('application/grpc')) return null
  return info.responseTrailers?.get('grpc-status') ?? info.responseHeaders?.get('grpc-status') ?? null
}

/** Names and values, as Envoy counts them. */
function fieldBytes(headers: StreamInfo['requestHeaders']): number {
  if (headers === null) return 0
  return headers.names.reduce((sum, name, i) => sum + name.key.length + (headers.values[i]?.length ?? 0), 0)
}

function nonEmpty(text: string): string | null {
  return text === '' ? null : text
}
