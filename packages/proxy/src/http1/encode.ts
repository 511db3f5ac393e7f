import type { HeaderTable } from '../http/header-table.ts'
import { reasonPhrase } from './reason-phrase.ts'

/** How names are written where the table does not keep its own spelling. */
export type NameCase = 'lower' | 'proper'

/** Texts are latin1: one character is one byte on the wire. Callers guarantee valid names and values. */
export function encodeRequestHead(
  method: string,
  target: string,
  headers: HeaderTable,
  chunked: boolean = false,
  nameCase: NameCase = 'lower',
): string {
  return `${method} ${target} HTTP/1.1\r\n${encodeFields(headers, nameCase)}${headEnd(chunked, nameCase)}`
}

export function encodeResponseHead(status: number, headers: HeaderTable, nameCase: NameCase = 'lower'): string {
  return `${statusLine(status)}${encodeFields(headers, nameCase)}\r\n`
}

/** The head of an answer to an HTTP/1.0 request. */
export function encodeHttp10ResponseHead(status: number, headers: HeaderTable, nameCase: NameCase = 'lower'): string {
  return `HTTP/1.0 ${status} ${reasonPhrase(status)}\r\n${encodeFields(headers, nameCase)}\r\n`
}

function headEnd(chunked: boolean, nameCase: NameCase): string {
  if (!chunked) return '\r\n'
  return nameCase === 'lower' ? 'transfer-encoding: chunked\r\n\r\n' : 'Transfer-Encoding: chunked\r\n\r\n'
}

export function encodeFields(headers: HeaderTable, nameCase: NameCase = 'lower'): string {
  if (headers.keepsCase || nameCase === 'proper') return encodeSpelled(headers)
  const { names, values } = headers
  let text = ''
  for (let i = 0; i < names.length; i++) {
    const name = names[i]
    if (name !== undefined) text += `${name.lowerPrefix}${values[i] ?? ''}\r\n`
  }
  return text
}

function encodeSpelled({ names, values, keepsCase }: HeaderTable): string {
  let text = ''
  for (let i = 0; i < names.length; i++) {
    const name = names[i]
    if (name !== undefined) text += `${keepsCase ? name.wirePrefix : name.properPrefix}${values[i] ?? ''}\r\n`
  }
  return text
}

/** The size line of a chunk of `size` bytes (more than 0). After the data follows `CHUNK_END`. */
export function chunkHead(size: number): string {
  return `${size.toString(16)}\r\n`
}

export const CHUNK_END = '\r\n'

/** Last chunk with the trailer section. */
export function encodeLastChunk(trailers: HeaderTable | null, nameCase: NameCase = 'lower'): string {
  return trailers === null ? '0\r\n\r\n' : `0\r\n${encodeFields(trailers, nameCase)}\r\n`
}

const STATUS_LINES: readonly string[] = Array.from({ length: 1000 }, (_, status) => `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`)

function statusLine(status: number): string {
  return STATUS_LINES[status] ?? `HTTP/1.1 ${status} \r\n`
}
