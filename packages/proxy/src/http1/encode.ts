import type { HeaderTable } from '../http/header-table.ts'
import { reasonPhrase } from './reason-phrase.ts'

/** Texts are latin1: one character is one byte on the wire. Callers guarantee valid names and values. */
export function encodeRequestHead(method: string, target: string, headers: HeaderTable, chunked: boolean = false): string {
  return `${method} ${target} HTTP/1.1\r\n${encodeFields(headers)}${chunked ? CHUNKED_END : '\r\n'}`
}

export function encodeResponseHead(status: number, headers: HeaderTable): string {
  return `${statusLine(status)}${encodeFields(headers)}\r\n`
}

const CHUNKED_END = 'transfer-encoding: chunked\r\n\r\n'

export function encodeFields(headers: HeaderTable): string {
  const { names, values } = headers
  let text = ''
  for (let i = 0; i < names.length; i++) {
    const name = names[i]
    if (name !== undefined) text += `${name.prefix}${values[i] ?? ''}\r\n`
  }
  return text
}

/** The size line of a chunk of `size` bytes (more than 0). After the data follows `CHUNK_END`. */
export function chunkHead(size: number): string {
  return `${size.toString(16)}\r\n`
}

export const CHUNK_END = '\r\n'

/** Last chunk with the trailer section. */
export function encodeLastChunk(trailers: HeaderTable | null): string {
  return trailers === null ? '0\r\n\r\n' : `0\r\n${encodeFields(trailers)}\r\n`
}

const STATUS_LINES: readonly string[] = Array.from({ length: 1000 }, (_, status) => `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`)

function statusLine(status: number): string {
  return STATUS_LINES[status] ?? `HTTP/1.1 ${status} \r\n`
}
