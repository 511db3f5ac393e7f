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
  return `${method} ${target} HTTP/1.1${fieldLines(headers, nameCase)}${headEnd(chunked, nameCase)}`
}

export function encodeResponseHead(status: number, headers: HeaderTable, nameCase: NameCase = 'lower'): string {
  return `${statusLine(status)}${fieldLines(headers, nameCase)}${HEAD_END}`
}

/** The head of an answer to an HTTP/1.0 request. */
export function encodeHttp10ResponseHead(status: number, headers: HeaderTable, nameCase: NameCase = 'lower'): string {
  return `HTTP/1.0 ${status} ${reasonPhrase(status)}${fieldLines(headers, nameCase)}${HEAD_END}`
}

const HEAD_END = '\r\n\r\n'

function headEnd(chunked: boolean, nameCase: NameCase): string {
  if (!chunked) return HEAD_END
  return nameCase === 'lower' ? '\r\ntransfer-encoding: chunked\r\n\r\n' : '\r\nTransfer-Encoding: chunked\r\n\r\n'
}

/** Each line with the line end before it, which is thereby of one piece with the name: fewer pieces to be joined. */
export function fieldLines(headers: HeaderTable, nameCase: NameCase): string {
  if (headers.keepsCase || nameCase === 'proper') return spelledLines(headers)
  const { names, values } = headers
  let text = ''
  for (let i = 0; i < names.length; i++) {
    const name = names[i]
    if (name !== undefined) text += name.lowerLine + (values[i] ?? '')
  }
  return text
}

function spelledLines({ names, values, keepsCase }: HeaderTable): string {
  let text = ''
  for (let i = 0; i < names.length; i++) {
    const name = names[i]
    if (name !== undefined) text += (keepsCase ? name.wireLine : name.properLine) + (values[i] ?? '')
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
  return trailers === null ? '0\r\n\r\n' : `0${fieldLines(trailers, nameCase)}${HEAD_END}`
}

const STATUS_LINES: readonly string[] = Array.from({ length: 1000 }, (_, status) => `HTTP/1.1 ${status} ${reasonPhrase(status)}`)

function statusLine(status: number): string {
  return STATUS_LINES[status] ?? `HTTP/1.1 ${status} `
}
