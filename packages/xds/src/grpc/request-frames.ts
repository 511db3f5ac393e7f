/**
 * Requests from bytes. A client repeats all names that it wants with every ACK of state of the world; lists that are equal byte
 * for byte become one and the same list, which costs a comparison instead of decoding, and tells that nothing changed.
 */
import { DeltaDiscoveryRequest, DiscoveryRequest } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { Node } from '@meshwork/protos/envoy/config/core/v3/base'
import { Status } from '@meshwork/protos/google/rpc/status'
import type { DeltaRequest, SotwRequest } from '../types/messages.ts'
import { deltaRequestFromProto, nodeFromProto, sotwRequestFromProto } from './codec.ts'
import { type WireField, wireFields } from './wire.ts'

const VERSION = 1
const NODE = 2
const NAMES = 3
const TYPE_URL = 4
const SOTW_NONCE = 5
const SOTW_ERROR = 6

/** Lists kept at most; beyond that all are forgotten and learned again. */
const MOST_LISTS = 4096
/** Shorter lists are not worth a look-up. */
const SHORTEST_LIST_BYTES = 64

interface KnownList {
  readonly bytes: Buffer
  readonly names: readonly string[]
}

/** Decodes the requests of all streams of a server. State: the lists of names that came lately. */
export class RequestFrames {
  private readonly lists = new Map<number, KnownList[]>()
  private readonly typeUrls = new Map<string, string>()
  private count = 0

  /** A text if the bytes are no request. */
  sotw(message: Buffer): SotwRequest | string {
    const fields = wireFields(message)
    if (fields === undefined) return decoded(() => sotwRequestFromProto(DiscoveryRequest.decode(message)))
    return decoded(() => this.sotwFrom(message, fields))
  }

  delta(message: Buffer): DeltaRequest | string {
    return decoded(() => deltaRequestFromProto(DeltaDiscoveryRequest.decode(message)))
  }

  private sotwFrom(message: Buffer, fields: readonly WireField[]): SotwRequest {
    let [versionInfo, typeUrl, responseNonce] = ['', '', '']
    let node: SotwRequest['node'] = null
    let error: string | null = null
    let first: number | null = null
    let end = 0
    let contiguous = true
    for (const { field, start, from, to } of fields) {
      if (field === NAMES) {
        contiguous &&= first === null || start === end
        first ??= start
        end = to
      } else if (field === VERSION) versionInfo = message.toString('latin1', from, to)
      else if (field === TYPE_URL) typeUrl = this.typeUrl(message.toString('latin1', from, to))
      else if (field === SOTW_NONCE) responseNonce = message.toString('latin1', from, to)
      else if (field === NODE) node = nodeFromProto(Node.decode(message.subarray(from, to)))
      else if (field === SOTW_ERROR) error = Status.decode(message.subarray(from, to)).message
    }
    const resourceNames = first === null ? NO_NAMES : contiguous ? this.names(message.subarray(first, end)) : namesOf(message, fields)
    return { kind: 'sotw', node, typeUrl, resourceNames, versionInfo, responseNonce, error }
  }

  /** One text per type, so that comparing them later is comparing addresses. */
  private typeUrl(text: string): string {
    const known = this.typeUrls.get(text)
    if (known !== undefined) return known
    if (this.typeUrls.size < MOST_LISTS) this.typeUrls.set(text, text)
    return text
  }

  private names(bytes: Buffer): readonly string[] {
    const decode = (): readonly string[] => namesOf(bytes, wireFields(bytes) ?? [])
    if (bytes.length < SHORTEST_LIST_BYTES) return decode()
    const key = keyOf(bytes)
    const known = this.lists.get(key) ?? []
    const same = known.find(list => list.bytes.equals(bytes))
    if (same !== undefined) return same.names
    if (++this.count > MOST_LISTS) this.forget()
    const names = Object.freeze(decode())
    this.lists.set(key, [...known, { bytes: Buffer.from(bytes), names }])
    return names
  }

  private forget(): void {
    this.lists.clear()
    this.count = 1
  }
}

const NO_NAMES: readonly string[] = Object.freeze([])

function namesOf(message: Buffer, fields: readonly WireField[]): readonly string[] {
  return fields.filter(({ field }) => field === NAMES).map(({ from, to }) => message.toString('utf8', from, to))
}

/** Cheap, and good enough to keep lists apart that differ in length or in a few samples; equality is checked in full. */
function keyOf(bytes: Buffer): number {
  let key = bytes.length
  const step = Math.max(1, bytes.length >>> 5)
  for (let at = bytes.length - 1; at >= 0; at -= step) key = (Math.imul(key, 31) + (bytes[at] ?? 0)) | 0
  return key
}

function decoded<T>(decode: () => T): T | string {
  try {
    return decode()
  } catch {
    return 'the request cannot be decoded'
  }
}
