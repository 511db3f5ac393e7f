import { HEADER_IDS } from '../http/header-name.ts'
import type { HeaderTable } from '../http/header-table.ts'
import type { ParseProblem } from './parse-problem.ts'

/** How the end of a message's body is found. */
export const BODY_NONE = 0
export const BODY_LENGTH = 1
export const BODY_CHUNKED = 2
/** Responses only: the body ends with the connection. */
export const BODY_UNTIL_CLOSE = 3

export type BodyKind = 0 | 1 | 2 | 3

/** The answer of `requestFraming` and `responseFraming`; reused by the parser that owns it. */
export class BodyFraming {
  kind: BodyKind = BODY_NONE
  length = 0
  problem: ParseProblem | null = null
}

/**
 * The one rule of message length (RFC 9112 6.3). Stricter than the RFC where it leaves a choice: a length together with a
 * transfer coding, two length lines, even equal ones, and any coding but a single `chunked` are refused.
 */
export function requestFraming(headers: HeaderTable, http11: boolean, into: BodyFraming): void {
  into.problem = null
  into.length = 0
  into.kind = BODY_NONE
  const coding = headers.findId(HEADER_IDS['transfer-encoding'])
  const length = headers.findId(HEADER_IDS['content-length'])
  if (coding < 0 && length < 0) return
  if (coding >= 0) chunked(headers, coding, length, http11, into)
  else withLength(headers, length, into)
}

/** `bodiless`: answers to HEAD, and statuses 1xx, 204 and 304. */
export function responseFraming(headers: HeaderTable, http11: boolean, bodiless: boolean, into: BodyFraming): void {
  into.problem = null
  into.length = 0
  const coding = headers.findId(HEADER_IDS['transfer-encoding'])
  const length = headers.findId(HEADER_IDS['content-length'])
  into.kind = BODY_UNTIL_CLOSE
  if (coding >= 0) chunked(headers, coding, length, http11, into)
  else if (length >= 0) withLength(headers, length, into)
  if (bodiless) {
    into.kind = BODY_NONE
    into.length = 0
  }
}

function chunked(headers: HeaderTable, coding: number, length: number, http11: boolean, into: BodyFraming): void {
  if (length >= 0) {
    into.problem = 'content-length-and-transfer-encoding'
  } else if (!http11 || hasSecond(headers, coding)) {
    into.problem = 'transfer-encoding'
  } else if ((headers.values[coding] ?? '').toLowerCase() !== 'chunked') {
    into.problem = 'unknown-transfer-encoding'
  } else {
    into.kind = BODY_CHUNKED
  }
}

/** 15 digits stay below 2^53. */
const MAX_LENGTH_DIGITS = 15

function withLength(headers: HeaderTable, index: number, into: BodyFraming): void {
  const text = headers.values[index] ?? ''
  if (hasSecond(headers, index) || text.length === 0 || text.length > MAX_LENGTH_DIGITS) {
    into.problem = 'content-length'
    return
  }
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) {
      into.problem = 'content-length'
      return
    }
    length = length * 10 + digit
  }
  into.length = length
  into.kind = length === 0 ? BODY_NONE : BODY_LENGTH
}

function hasSecond(headers: HeaderTable, index: number): boolean {
  const id = headers.names[index]?.id
  for (let i = index + 1; i < headers.names.length; i++) if (headers.names[i]?.id === id) return true
  return false
}
