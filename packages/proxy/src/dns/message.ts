import { err, ok, type Result } from '@meshwork/core/result'

/** Record types that are answered here (RFC 1035 3.2.2, RFC 3596); all others go to the resolver behind. */
export const TYPE_A = 1
export const TYPE_CNAME = 5
export const TYPE_AAAA = 28
const TYPE_OPT = 41
const CLASS_IN = 1

/** Response codes (RFC 1035 4.1.1). */
export const NO_ERROR = 0
export const FORMAT_ERROR = 1
export const SERVER_FAILURE = 2
export const NOT_IMPLEMENTED = 4

export const HEADER_LENGTH = 12
const LONGEST_LABEL = 63
/** Octets of a name on the wire, lengths and the closing zero included (RFC 1035 2.3.4). */
const LONGEST_NAME = 255
const SMALLEST_UDP = 512
/** What we send in one datagram at most, whatever the client would take: beyond that fragments get lost. */
const LARGEST_UDP = 1232
const QR = 0x8000
const AA = 0x0400
const TC = 0x0200
const RD = 0x0100
const RA = 0x0080
const OPCODE_SHIFT = 11

/** A question, and what of its message is needed to answer it. */
export interface Query {
  readonly id: number
  readonly opcode: number
  readonly recursionDesired: boolean
  /** In lower case, without the dot at the end. */
  readonly name: string
  readonly type: number
  readonly isInternet: boolean
  /** Header and question as they came, for the answer to repeat. */
  readonly question: Buffer
  /** Octets that the client takes in a datagram. */
  readonly udpSize: number
}

/** `''` is the name of the question itself. */
export interface DnsRecord {
  readonly owner: string
  readonly type: typeof TYPE_A | typeof TYPE_AAAA | typeof TYPE_CNAME
  readonly ttlSeconds: number
  readonly data: Buffer
}

/** Reads a message with exactly one question, which is all that resolvers ever send. */
export function parseQuery(message: Buffer): Result<Query, string> {
  if (message.length < HEADER_LENGTH) return err('shorter than a header')
  const flags = message.readUInt16BE(2)
  if ((flags & QR) !== 0) return err('an answer, not a question')
  if (message.readUInt16BE(4) !== 1) return err('not exactly one question')
  const name = readName(message, HEADER_LENGTH)
  if (name.kind === 'err') return name
  const end = name.value.end + 4
  if (end > message.length) return err('the question is cut off')
  return ok({
    id: message.readUInt16BE(0),
    opcode: (flags >>> OPCODE_SHIFT) & 0xf,
    recursionDesired: (flags & RD) !== 0,
    name: name.value.text,
    type: message.readUInt16BE(name.value.end),
    isInternet: message.readUInt16BE(name.value.end + 2) === CLASS_IN,
    question: message.subarray(HEADER_LENGTH, end),
    udpSize: udpSizeOf(message, end),
  })
}

/** Names in questions are never compressed: there is nothing before them to point at. */
function readName(message: Buffer, start: number): Result<{ readonly text: string; readonly end: number }, string> {
  const labels: string[] = []
  let at = start
  for (;;) {
    const length = message[at]
    if (length === undefined) return err('the name is cut off')
    if (length === 0) return ok({ text: labels.join('.'), end: at + 1 })
    if (length > LONGEST_LABEL) return err('the name has a label that is none')
    const next = at + 1 + length
    if (next - start >= LONGEST_NAME) return err('the name is too long')
    if (next > message.length) return err('the name is cut off')
    labels.push(message.toString('latin1', at + 1, next).toLowerCase())
    at = next
  }
}

/** From the EDNS record, if it is the one further record, as clients send it (RFC 6891 6.1.2). */
function udpSizeOf(message: Buffer, questionEnd: number): number {
  const isEdns = message.readUInt16BE(10) > 0 && message.length >= questionEnd + 11 && message[questionEnd] === 0
  if (!isEdns || message.readUInt16BE(questionEnd + 1) !== TYPE_OPT) return SMALLEST_UDP
  return Math.min(Math.max(message.readUInt16BE(questionEnd + 3), SMALLEST_UDP), LARGEST_UDP)
}

/** The answer to a question. Longer than `limit`, it says so and is empty: the client comes again over TCP (RFC 2181 9). */
export function encodeAnswer(query: Query, code: number, records: readonly DnsRecord[], limit: number): Buffer {
  const encoded = records.map(encodeRecord)
  const whole = Buffer.concat([header(query, code, records.length, 0), query.question, ...encoded])
  return whole.length <= limit ? whole : Buffer.concat([header(query, code, 0, TC), query.question])
}

function header({ id, opcode, recursionDesired }: Query, code: number, answers: number, more: number): Buffer {
  const result = Buffer.alloc(HEADER_LENGTH)
  result.writeUInt16BE(id, 0)
  result.writeUInt16BE(QR | (opcode << OPCODE_SHIFT) | AA | RA | (recursionDesired ? RD : 0) | more | code, 2)
  result.writeUInt16BE(1, 4)
  result.writeUInt16BE(answers, 6)
  return result
}

/** A pointer to the name of the question, right behind the header (RFC 1035 4.1.4). */
const QUESTION_NAME = Buffer.from([0xc0, HEADER_LENGTH])

function encodeRecord({ owner, type, ttlSeconds, data }: DnsRecord): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type, 0)
  fixed.writeUInt16BE(CLASS_IN, 2)
  fixed.writeUInt32BE(ttlSeconds, 4)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([owner === '' ? QUESTION_NAME : encodeName(owner), fixed, data])
}

/** A name on the wire, without compression. Labels must be valid: they come out of a question, or of a checked table. */
export function encodeName(name: string): Buffer {
  const labels = name.split('.').map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]))
  return Buffer.concat([...labels, Buffer.from([0])])
}
