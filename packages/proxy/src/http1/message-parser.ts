import { HeaderTable } from '../http/header-table.ts'
import { HeaderTrait } from '../http/header-traits.ts'
import { BODY_CHUNKED, BODY_NONE, BODY_UNTIL_CLOSE, BodyFraming, type BodyKind, requestFraming, responseFraming } from './body-framing.ts'
import { CR, LF } from './char-classes.ts'
import { CHUNK_BAD, CHUNK_DATA, CHUNK_LAST, ChunkDecoder } from './chunk-decoder.ts'
import { findHeadEnd, hasBareLineFeed } from './find-head-end.ts'
import { FieldMemory, parseFields } from './parse-fields.ts'
import type { ParseProblem } from './parse-problem.ts'
import { parseRequestLine, parseStatusLine, StartLine } from './start-line.ts'

/** Told what the bytes mean, in order: head, data…, end. Buffers are views, valid only during the call. */
export interface ParserSink {
  /** The parser's public fields describe the message. Responses: set `parser.bodiless` before for answers to HEAD. */
  onHead(): void
  onData(chunk: Buffer): void
  /** After this the parser stands still until `next()`. */
  onEnd(trailers: HeaderTable | null): void
  onProblem(problem: ParseProblem): void
}

export interface ParserLimits {
  /** Bytes of start line and fields together; the same again for trailers. */
  readonly maxHeadBytes: number
  readonly maxFields: number
  /** Requests: any token is a method. */
  readonly customMethods?: boolean
  /** Header names leave as they came. */
  readonly keepsCase?: boolean
  /** Trailers are told; otherwise they are read and dropped. */
  readonly trailers?: boolean
}

const HEAD = 0
const LENGTH = 1
const CHUNKS = 2
const TRAILERS = 3
const UNTIL_CLOSE = 4
const DONE = 5
const FAILED = 6
const OPAQUE = 7

const VERSION = 'HTTP/1.'

/**
 * HTTP/1.1 messages of one direction of one connection: bytes in, calls of the sink out. No I/O and no time.
 * Owned by one connection; the fields of the current message are valid from `onHead` until `next()`.
 */
export class MessageParser {
  readonly startLine: StartLine = new StartLine()
  headers: HeaderTable = new HeaderTable()
  /** How long the body is, from the headers. */
  readonly framing: BodyFraming = new BodyFraming()
  /** Responses: the request was HEAD, so there is no body whatever the headers say. */
  bodiless = false
  /** Bytes of the current message's head on the wire. */
  headBytes = 0
  private readonly isRequest: boolean
  private readonly sink: ParserSink
  private readonly limits: ParserLimits
  private readonly chunks = new ChunkDecoder()
  private readonly memory = new FieldMemory()
  private state = HEAD
  private remaining = 0
  private carry: Buffer | null = null
  private carried = 0

  constructor(role: 'request' | 'response', sink: ParserSink, limits: ParserLimits) {
    this.isRequest = role === 'request'
    this.sink = sink
    this.limits = limits
    this.startLine.anyMethod = limits.customMethods === true
    this.headers.keepsCase = limits.keepsCase === true
  }

  get kind(): BodyKind {
    return this.framing.kind
  }

  /** No byte of a next message has come: the connection is between messages. */
  get idle(): boolean {
    return this.state === HEAD && this.carried === 0
  }

  get done(): boolean {
    return this.state === DONE
  }

  /** Ready for the next message. */
  next(): void {
    this.state = HEAD
    this.headers = new HeaderTable()
    this.headers.keepsCase = this.limits.keepsCase === true
    this.bodiless = false
  }

  /** From here on all bytes are data: the connection became a tunnel. Called in `onHead` or `onEnd`. */
  becomeOpaque(): void {
    this.state = OPAQUE
  }

  /** Parses from `from` to `to`; returns how far it came. Less than `to` only after `onEnd` or `onProblem`. */
  feed(bytes: Buffer, from: number, to: number): number {
    let at = from
    while (at < to) {
      const state = this.state
      if (state === HEAD) at = this.head(bytes, at, to)
      else if (state === LENGTH) at = this.lengthBody(bytes, at, to)
      else if (state === CHUNKS) at = this.chunkedBody(bytes, at, to)
      else if (state === TRAILERS) at = this.trailers(bytes, at, to)
      else if (state === UNTIL_CLOSE || state === OPAQUE) at = this.openBody(bytes, at, to)
      else return at
    }
    return at
  }

  /** The peer sent FIN. True if the message ended properly (then `onEnd` was called) or none had begun. */
  endOfStream(): boolean {
    if (this.state === UNTIL_CLOSE || this.state === OPAQUE) {
      this.finish(null)
      return true
    }
    return this.state === DONE || this.idle
  }

  private head(bytes: Buffer, from: number, to: number): number {
    if (this.isRequest && this.state === HEAD && this.skipsEmptyLine(bytes, from, to)) return from + 2 - this.dropCarry()
    const text = this.block(bytes, from, to)
    if (text === null) return to
    const at = this.blockEnd
    const lineEnd = this.isRequest ? parseRequestLine(text, this.startLine) : parseStatusLine(text, this.startLine)
    const problem = this.startLine.problem ?? parseFields(text, lineEnd, this.headers, this.limits.maxFields, this.memory)
    if (problem !== null) return this.fail(problem, at)
    this.frame()
    if (this.framing.problem !== null) return this.fail(this.framing.problem, at)
    this.enterBody()
    this.sink.onHead()
    if (this.state === LENGTH && this.framing.kind === BODY_NONE) this.finish(null)
    return at
  }

  /** An empty line before a request is ignored (RFC 9112 2.2). Its CR may have come in an earlier piece. */
  private skipsEmptyLine(bytes: Buffer, from: number, to: number): boolean {
    // The buffer is read into again and again: behind `to` stand bytes of an earlier message.
    if (this.carried === 0) return to - from >= 2 && bytes[from] === CR && bytes[from + 1] === LF
    return this.carried === 1 && this.carry?.[0] === CR && bytes[from] === LF
  }

  private dropCarry(): number {
    const { carried } = this
    this.carried = 0
    return carried
  }

  private frame(): void {
    const { startLine, headers, framing } = this
    if (this.isRequest) {
      requestFraming(headers, startLine.http11, framing)
      return
    }
    const { status } = startLine
    responseFraming(headers, startLine.http11, this.bodiless || status < 200 || status === 204 || status === 304, framing)
  }

  private enterBody(): void {
    const { kind, length } = this.framing
    this.remaining = length
    if (kind === BODY_CHUNKED) {
      this.chunks.reset()
      this.state = CHUNKS
    } else if (kind === BODY_UNTIL_CLOSE) {
      this.state = UNTIL_CLOSE
    } else {
      this.state = LENGTH
    }
  }

  private blockEnd = 0

  /** The text of a head that ends within the bytes seen so far, without the empty line; null when it goes on. */
  private block(bytes: Buffer, from: number, to: number): string | null {
    if (this.carried > 0) return this.blockFromCarry(bytes, from, to)
    const end = findHeadEnd(bytes, from, to)
    if (end >= 0) {
      this.blockEnd = end
      this.headBytes = end - from
      if (this.headBytes <= this.limits.maxHeadBytes) return bytes.toString('latin1', from, end - 2)
      this.fail('head-too-large', end)
      return null
    }
    this.keep(bytes, from, to)
    return null
  }

  private blockFromCarry(bytes: Buffer, from: number, to: number): string | null {
    const before = this.carried
    this.keep(bytes, from, to)
    const { carry } = this
    if (carry === null || this.state === FAILED) return null
    const end = findHeadEnd(carry, Math.max(before - 3, 0), this.carried)
    if (end < 0) return null
    this.carried = 0
    this.headBytes = end
    this.blockEnd = from + end - before
    return carry.toString('latin1', 0, end - 2)
  }

  /** Copies what cannot be understood yet. Bounded by the limit of a head. */
  private keep(bytes: Buffer, from: number, to: number): void {
    const size = Math.min(to - from, this.limits.maxHeadBytes + 1 - this.carried)
    const start = this.carried
    this.reserve(start + size)
    if (this.carry !== null) bytes.copy(this.carry, start, from, from + size)
    this.carried = start + size
    if (this.carry === null) return
    const end = findHeadEnd(this.carry, Math.max(start - 3, 0), this.carried)
    if (end < 0 && this.carried > this.limits.maxHeadBytes) this.fail('head-too-large', to)
    else if (end < 0 && hasBareLineFeed(this.carry, Math.max(start - 1, 0), this.carried)) this.fail('bare-line-feed', to)
    else if (end < 0 && this.state === HEAD) this.judgeStart(this.carry.toString('latin1', 0, this.carried), to)
  }

  /** What cannot become a message is refused at once: its sender may be waiting for us to speak. */
  private judgeStart(text: string, to: number): void {
    const lineEnd = text.indexOf('\r\n')
    if (!this.isRequest) {
      if (!VERSION.startsWith(text.slice(0, VERSION.length))) this.fail('status-line', to)
    } else if (lineEnd > 0) {
      parseRequestLine(text, this.startLine)
      if (this.startLine.problem !== null) this.fail(this.startLine.problem, to)
    }
  }

  private reserve(size: number): void {
    if (this.carry !== null && this.carry.length >= size) return
    const grown = Buffer.allocUnsafeSlow(Math.max(512, size * 2))
    this.carry?.copy(grown, 0, 0, this.carried)
    this.carry = grown
  }

  private lengthBody(bytes: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.remaining)
    this.remaining -= end - from
    this.sink.onData(from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end))
    if (this.remaining === 0 && this.state === LENGTH) this.finish(null)
    return end
  }

  private openBody(bytes: Buffer, from: number, to: number): number {
    this.sink.onData(bytes.subarray(from, to))
    return to
  }

  private chunkedBody(bytes: Buffer, from: number, to: number): number {
    const { chunks } = this
    chunks.at = from
    while (this.state === CHUNKS) {
      const outcome = chunks.step(bytes, to)
      if (outcome === CHUNK_DATA) this.sink.onData(bytes.subarray(chunks.dataStart, chunks.dataEnd))
      else if (outcome === CHUNK_LAST) this.state = TRAILERS
      else if (outcome === CHUNK_BAD) return this.fail('chunk', chunks.at)
      else return to
    }
    return chunks.at
  }

  /** The trailer section is an empty line, or field lines and an empty line. */
  private trailers(bytes: Buffer, from: number, to: number): number {
    if (this.carried === 0 && bytes[from] === CR && to - from >= 2) {
      if (bytes[from + 1] !== LF) return this.fail('trailers', to)
      this.finish(null)
      return from + 2
    }
    if (this.carried === 1 && this.carry?.[0] === CR) {
      this.carried = 0
      if (bytes[from] !== LF) return this.fail('trailers', to)
      this.finish(null)
      return from + 1
    }
    const text = this.block(bytes, from, to)
    if (text === null) return to
    const table = new HeaderTable()
    const at = this.blockEnd
    if (parseFields(text, 0, table, this.limits.maxFields, this.memory) !== null) return this.fail('trailers', at)
    this.finish(this.passableTrailers(table))
    return at
  }

  /** What a trailer may not say is dropped (RFC 9110 6.5.1); so is everything where trailers are not enabled. */
  private passableTrailers(table: HeaderTable): HeaderTable | null {
    if (this.limits.trailers !== true) return null
    table.removeTraits(HeaderTrait.notInTrailers)
    table.keepsCase = this.limits.keepsCase === true
    return table.size === 0 ? null : table
  }

  private finish(trailers: HeaderTable | null): void {
    this.state = DONE
    this.sink.onEnd(trailers)
  }

  private fail(problem: ParseProblem, at: number): number {
    if (this.state === FAILED) return at
    this.state = FAILED
    this.sink.onProblem(problem)
    return at
  }
}
