import { createHash } from 'node:crypto'
import { err, ok, type Result } from '@meshwork/core/result'
import type { KeptResource } from './kept-resource.ts'

/** First line of the file. A change of the format changes the number; a copy with another number is not read. */
const FORMAT = 'meshwork last good configuration 1'
const NEWLINE = 0x0a
const DIGEST_WORD = 'sha256 '
const DIGEST_LINE_BYTES = DIGEST_WORD.length + 64 + 1

interface ResourceHead {
  readonly typeUrl: string
  readonly name: string
  readonly version: string
  readonly length: number
}

/**
 * The copy as pieces to be written one after the other: the format, whose configuration it is, each resource as a line of JSON
 * that tells its length with its bytes behind it, and a digest of all before it.
 */
export function* encodeCopy(node: string, resources: Iterable<KeptResource>): Generator<Uint8Array> {
  const hash = createHash('sha256')
  const hashed = (piece: Uint8Array): Uint8Array => {
    hash.update(piece)
    return piece
  }
  yield hashed(Buffer.from(`${FORMAT}\n${JSON.stringify({ node })}\n`))
  for (const { typeUrl, name, version, bytes } of resources) {
    const head: ResourceHead = { typeUrl, name, version, length: bytes.length }
    yield hashed(Buffer.from(`${JSON.stringify(head)}\n`))
    yield hashed(bytes)
  }
  yield Buffer.from(`${DIGEST_WORD}${hash.digest('hex')}\n`)
}

/** What a copy holds, or why it is not used. */
export function decodeCopy(file: Buffer, node: string): Result<readonly KeptResource[], string> {
  const reader = new LineReader(file)
  if (reader.line() !== FORMAT) return err('it is of another version')
  const body = file.subarray(0, -DIGEST_LINE_BYTES)
  const digest = file.subarray(-DIGEST_LINE_BYTES).toString('latin1')
  if (digest !== `${DIGEST_WORD}${createHash('sha256').update(body).digest('hex')}\n`) return err('it is damaged')
  if (member(reader.json(), 'node') !== node) return err('it belongs to another node')
  return decodeResources(reader, body.length)
}

function decodeResources(reader: LineReader, end: number): Result<readonly KeptResource[], string> {
  const resources: KeptResource[] = []
  while (reader.at < end) {
    const head = headOf(reader.json())
    const bytes = head === null ? null : reader.bytes(head.length, end)
    if (head === null || bytes === null) return err('it is damaged')
    resources.push({ typeUrl: head.typeUrl, name: head.name, version: head.version, bytes })
  }
  return ok(resources)
}

function headOf(value: unknown): ResourceHead | null {
  const [typeUrl, name, version, length] = ['typeUrl', 'name', 'version', 'length'].map(key => member(value, key))
  if (typeof typeUrl !== 'string' || typeof name !== 'string' || typeof version !== 'string') return null
  return typeof length === 'number' && Number.isSafeInteger(length) && length >= 0 ? { typeUrl, name, version, length } : null
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined
}

class LineReader {
  at = 0
  private readonly file: Buffer

  constructor(file: Buffer) {
    this.file = file
  }

  line(): string {
    const end = this.file.indexOf(NEWLINE, this.at)
    if (end < 0) return ''
    const line = this.file.toString('utf8', this.at, end)
    this.at = end + 1
    return line
  }

  /** undefined: the line is no JSON. */
  json(): unknown {
    try {
      return JSON.parse(this.line())
    } catch {
      return undefined
    }
  }

  bytes(length: number, end: number): Buffer | null {
    if (this.at + length > end) return null
    const bytes = this.file.subarray(this.at, this.at + length)
    this.at += length
    return bytes
  }
}
