import { grpcStatusName } from '@meshwork/core/grpc'
import type { Operator } from './formatter.ts'
import type { StreamInfo } from './stream-info.ts'

/** Operators about parts of a request and its answer that are no headers. */
export const REQUEST_OPERATORS: Readonly<Record<string, (argument: string) => Operator>> = {
  QUERY_PARAM: name => info => queryParameter(originalPath(info), name),
  QUERY_PARAMS: argument => info =>
    nonEmpty(argument === 'DECODED' ? readable(splitPath(originalPath(info)).query) : splitPath(originalPath(info)).query),
  PATH: pathOperator,
  GRPC_STATUS: argument => info => grpcStatus(info, argument),
  GRPC_STATUS_NUMBER: () => grpcNumber,
  REQUEST_HEADERS_BYTES: () => info => String(info.requestHeaders === null ? 0 : fieldBytes(info.requestHeaders) + requestLineBytes(info)),
  RESPONSE_HEADERS_BYTES: () => info => String(info.responseHeaders === null ? 0 : fieldBytes(info.responseHeaders) + STATUS_BYTES),
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
  return found === undefined ? null : nonEmpty(percentDecoded(found.slice(name.length + 1)))
}

/** As Envoy decodes a query: escapes of visible characters only, and a percent sign that begins no escape is left out. */
function readable(query: string): string {
  return query.replaceAll(/%([0-9a-fA-F]{2})?/g, (escape, hex: string | undefined) => {
    if (hex === undefined) return ''
    const code = Number.parseInt(hex, 16)
    return code > 0x20 && code < 0x7f ? String.fromCharCode(code) : escape
  })
}

/** What is no escape stays as it is. */
function percentDecoded(text: string): string {
  return Buffer.from(
    text.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')
}

/** `GRPC_STATUS(CAMEL_STRING|SNAKE_STRING|NUMBER)`: `NotFound`, `NOT_FOUND` or 5. */
function grpcStatus(info: StreamInfo, form: string): string | null {
  const number = grpcNumber(info)
  if (number === null || form === 'NUMBER') return number
  const name = grpcStatusName(Number(number))
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

/** `:status` and its three digits. */
const STATUS_BYTES = 10

/** The pseudo-headers that stand for the request's line and `host`, which is among the headers here. */
function requestLineBytes({ method, path, scheme }: StreamInfo): number {
  const names = ':method:path:scheme'.length + ':authority'.length - 'host'.length
  return names + method.length + path.length + scheme.length
}

function nonEmpty(text: string): string | null {
  return text === '' ? null : text
}
