/**
 * Requests from bytes, decoded by hand: a client repeats all names that it wants with every ACK of state of the world. Lists that
 * are equal byte for byte become one and the same list, which costs a comparison instead of decoding, tells that nothing changed,
 * and lets the server share what it works out for a list between all who sent it.
 */
import { DeltaDiscoveryRequest, DiscoveryRequest } from '@meshwork/protos/envoy/service/discovery/v3/discovery'
import { Node } from '@meshwork/protos/envoy/config/core/v3/base'
import { Status } from '@meshwork/protos/google/rpc/status'
import type { DeltaRequest, SotwRequest } from '../types/messages.ts'
import type { XdsNode } from '../types/node.ts'
import { deltaRequestFromProto, nodeFromProto, sotwRequestFromProto } from './codec.ts'
import { type KnownList, KnownLists } from './known-lists.ts'
import { readField, type WireCursor, wireCursor, wireFields } from './wire.ts'

/** Fields of envoy.service.discovery.v3.DiscoveryRequest. */
const SOTW = { version: 1, node: 2, names: 3, typeUrl: 4, nonce: 5, error: 6 } as const
/** Fields of envoy.service.discovery.v3.DeltaDiscoveryRequest. */
const DELTA = { node: 1, typeUrl: 2, subscribe: 3, unsubscribe: 4, initialVersions: 5, nonce: 6, error: 7 } as const

/** Lists of one stream that are looked for first. */
const MOST_RECENT = 4
const MOST_TYPES = 64

/** What is remembered of one stream between its requests. */
export interface StreamMemory {
  /** Only the first node of a stream is read: later ones say the same. */
  hasNode: boolean
  /** The lists of names that came last, newest first. */
  recent: readonly KnownList[]
}

export function streamMemory(): StreamMemory {
  return { hasNode: false, recent: [] }
}

/** Decodes the requests of all streams of a server. State: the lists of names that came lately. */
export class RequestFrames {
  private readonly lists = new KnownLists()
  private readonly typeUrls = new Map<string, string>()
  private readonly cursor = wireCursor()

  /** A text if the bytes are no request. Keeps nothing of `message`. */
  sotw(message: Buffer, memory: StreamMemory): SotwRequest | string {
    return decoded(() => this.sotwFrom(message, memory) ?? sotwRequestFromProto(DiscoveryRequest.decode(message)))
  }

  delta(message: Buffer, memory: StreamMemory): DeltaRequest | string {
    return decoded(() => this.deltaFrom(message, memory) ?? deltaRequestFromProto(DeltaDiscoveryRequest.decode(message)))
  }

  /** undefined: there is a field in it that is left to the generated codec. */
  private sotwFrom(message: Buffer, memory: StreamMemory): SotwRequest | undefined {
    const cursor = this.begin()
    let [versionInfo, typeUrl, responseNonce] = ['', '', '']
    let node: XdsNode | null = null
    let error: string | null = null
    let resourceNames = NO_NAMES
    while (cursor.at < message.length) {
      if (!readField(message, cursor)) return undefined
      const { field, from, to } = cursor
      if (field === SOTW.names) resourceNames = this.names(message, SOTW.names, resourceNames, memory)
      else if (field === SOTW.version) versionInfo = message.toString('latin1', from, to)
      else if (field === SOTW.typeUrl) typeUrl = this.typeUrl(message.toString('latin1', from, to))
      else if (field === SOTW.nonce) responseNonce = message.toString('latin1', from, to)
      else if (field === SOTW.node) node = nodeIn(message, cursor, memory) ?? node
      else if (field === SOTW.error) error = Status.decode(message.subarray(from, to)).message
    }
    return { kind: 'sotw', node, typeUrl, resourceNames, versionInfo, responseNonce, error }
  }

  private deltaFrom(message: Buffer, memory: StreamMemory): DeltaRequest | undefined {
    const cursor = this.begin()
    let [typeUrl, responseNonce] = ['', '']
    let node: XdsNode | null = null
    let error: string | null = null
    let subscribe = NO_NAMES
    let unsubscribe = NO_NAMES
    let initialVersions: Map<string, string> | null = null
    while (cursor.at < message.length) {
      if (!readField(message, cursor)) return undefined
      const { field, from, to } = cursor
      if (field === DELTA.subscribe) subscribe = this.names(message, DELTA.subscribe, subscribe, memory)
      else if (field === DELTA.unsubscribe) unsubscribe = this.names(message, DELTA.unsubscribe, unsubscribe, memory)
      else if (field === DELTA.typeUrl) typeUrl = this.typeUrl(message.toString('latin1', from, to))
      else if (field === DELTA.nonce) responseNonce = message.toString('latin1', from, to)
      else if (field === DELTA.node) node = nodeIn(message, cursor, memory) ?? node
      else if (field === DELTA.initialVersions) addVersion((initialVersions ??= new Map()), message.subarray(from, to))
      else if (field === DELTA.error) error = Status.decode(message.subarray(from, to)).message
    }
    return { kind: 'delta', node, typeUrl, subscribe, unsubscribe, initialVersions: initialVersions ?? NO_VERSIONS, responseNonce, error }
  }

  private begin(): WireCursor {
    this.cursor.at = 0
    return this.cursor
  }

  /** One text per type, so that comparing them later is comparing addresses. */
  private typeUrl(text: string): string {
    const known = this.typeUrls.get(text)
    if (known !== undefined) return known
    if (this.typeUrls.size < MOST_TYPES) this.typeUrls.set(text, text)
    return text
  }

  /** Reads on while names follow on each other; `before` are names that came earlier in the message, with others between. */
  private names(message: Buffer, field: number, before: readonly string[], memory: StreamMemory): readonly string[] {
    const { cursor } = this
    const { start } = cursor
    const recent = memory.recent.find(list => begins(message, start, list))
    if (recent !== undefined) cursor.at = start + recent.bytes.length
    const first = recent === undefined ? start : cursor.at
    skipSame(message, cursor, field)
    if (recent !== undefined && cursor.at === first) return before.length === 0 ? recent.names : [...before, ...recent.names]
    const list = this.lists.of(message.subarray(start, cursor.at), field)
    if (list.bytes.length > 0) memory.recent = [list, ...memory.recent.slice(0, MOST_RECENT - 1)]
    return before.length === 0 ? list.names : [...before, ...list.names]
  }
}

const NO_NAMES: readonly string[] = Object.freeze([])
const NO_VERSIONS: ReadonlyMap<string, string> = new Map()

function begins(message: Buffer, start: number, { bytes }: KnownList): boolean {
  const end = start + bytes.length
  return end <= message.length && bytes.compare(message, start, end) === 0
}

/** Moves to the first field that is another, or to the end. */
function skipSame(message: Buffer, cursor: WireCursor, field: number): void {
  while (cursor.at < message.length) {
    const before = cursor.at
    if (readField(message, cursor) && cursor.field === field) continue
    cursor.at = before
    return
  }
}

function nodeIn(message: Buffer, { from, to }: WireCursor, memory: StreamMemory): XdsNode | null {
  if (memory.hasNode) return null
  memory.hasNode = true
  return nodeFromProto(Node.decode(message.subarray(from, to)))
}

/** An entry of `initial_resource_versions`: key 1, value 2. */
function addVersion(versions: Map<string, string>, entry: Buffer): void {
  const texts = ['', '', '']
  for (const { field, from, to } of wireFields(entry) ?? []) if (field < texts.length) texts[field] = entry.toString('utf8', from, to)
  versions.set(texts[1] ?? '', texts[2] ?? '')
}

function decoded<T>(decode: () => T): T | string {
  try {
    return decode()
  } catch {
    return 'the request cannot be decoded'
  }
}
