/**
 * Responses as bytes. The generated codec would copy every resource into a new message for every client; here what all clients
 * get is encoded once and sent from the same memory (envoy.service.discovery.v3.DiscoveryResponse, DeltaDiscoveryResponse).
 */
import type { XdsResponse } from '../types/messages.ts'
import type { XdsResource } from '../types/resource.ts'
import { FRAME_HEADER_BYTES } from './message-frames.ts'
import { resourceField, sharedBytes } from './shared-bytes.ts'
import { textField, writeHead } from './wire.ts'

const VERSION = 1
const TYPE_URL = 4
const NONCE = 5
const REMOVED = 6
const SOTW_CONTROL_PLANE = 6
const DELTA_CONTROL_PLANE = 7
/** From so many resources on, a list is encoded as a whole and kept for the next client. */
const LIST_WORTH_KEEPING = 8
/** Copying fewer bytes costs less than one more buffer on its way through HTTP/2. */
const WORTH_A_BUFFER = 4096

/** Writes length-prefixed responses of one control plane. State: texts that recur. */
export class ResponseFrames {
  private readonly sotwTail: Buffer
  private readonly deltaTail: Buffer
  private readonly typeFields = new Map<string, Buffer>()

  /** `identifier` is `control_plane.identifier` of every response. */
  constructor(identifier: string) {
    const inner = textField(1, identifier)
    this.sotwTail = nested(SOTW_CONTROL_PLANE, inner)
    this.deltaTail = nested(DELTA_CONTROL_PLANE, inner)
  }

  /** The message in pieces, most of which belong to other messages too. */
  encode(response: XdsResponse): readonly Buffer[] {
    const parts = [
      textField(VERSION, response.kind === 'sotw' ? response.version : response.systemVersion),
      this.typeField(response.typeUrl),
      textField(NONCE, response.nonce),
    ]
    if (response.kind === 'delta') for (const name of response.removed) parts.push(textField(REMOVED, name))
    parts.push(response.kind === 'sotw' ? this.sotwTail : this.deltaTail)
    for (const list of response.lists ?? [response.resources]) addResources(parts, list, response.kind)
    return framed(parts)
  }

  private typeField(typeUrl: string): Buffer {
    let field = this.typeFields.get(typeUrl)
    if (field === undefined) {
      field = textField(TYPE_URL, typeUrl)
      this.typeFields.set(typeUrl, field)
    }
    return field
  }
}

/** Puts the head of the message before it, and small parts that follow on each other into one. */
function framed(parts: readonly Buffer[]): readonly Buffer[] {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES)
  header[0] = 0
  header.writeUInt32BE(lengthOf(parts), 1)
  const merged: Buffer[] = []
  let small: Buffer[] = [header]
  for (const part of parts) {
    if (part.length < WORTH_A_BUFFER) {
      small.push(part)
      continue
    }
    if (small.length > 0) merged.push(Buffer.concat(small))
    merged.push(part)
    small = []
  }
  if (small.length > 0) merged.push(Buffer.concat(small))
  return merged
}

export function lengthOf(parts: readonly Buffer[]): number {
  let length = 0
  for (const part of parts) length += part.length
  return length
}

/**
 * What is handed to a connection at once, in bytes. OpenSSL's buffers of a connection stay as large as what it had to take at once,
 * for as long as it lives.
 */
const PORTION_BYTES = 48 * 1024

/** The same bytes in groups of at most `PORTION_BYTES`. */
export function portions(parts: readonly Buffer[]): readonly (readonly Buffer[])[] {
  const groups: Buffer[][] = []
  let group: Buffer[] = []
  let bytes = 0
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      const end = Math.min(part.length, at + PORTION_BYTES - bytes)
      group.push(at === 0 && end === part.length ? part : part.subarray(at, end))
      bytes += end - at
      at = end
      if (bytes < PORTION_BYTES) continue
      groups.push(group)
      group = []
      bytes = 0
    }
  }
  return group.length === 0 ? groups : [...groups, group]
}

const single = { sotw: new WeakMap<XdsResource, Buffer>(), delta: new WeakMap<XdsResource, Buffer>() }

function addResources(parts: Buffer[], list: readonly XdsResource[], kind: 'sotw' | 'delta'): void {
  if (list.length >= LIST_WORTH_KEEPING && Object.isFrozen(list)) {
    for (const bytes of sharedBytes(list, kind)) parts.push(bytes)
    return
  }
  for (const resource of list) {
    let bytes = single[kind].get(resource)
    if (bytes === undefined) {
      bytes = resourceField(resource, kind)
      single[kind].set(resource, bytes)
    }
    parts.push(bytes)
  }
}

function nested(field: number, content: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(6)
  return Buffer.concat([bytes.subarray(0, writeHead(bytes, 0, field, content.length)), content])
}
