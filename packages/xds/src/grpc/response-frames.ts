/**
 * Responses as bytes. The generated codec would copy every resource into a new message for every client; here what all clients
 * get is encoded once and kept with the resource (envoy.service.discovery.v3.DiscoveryResponse, DeltaDiscoveryResponse).
 */
import type { XdsResponse } from '../types/messages.ts'
import type { XdsResource } from '../types/resource.ts'
import { FRAME_HEADER_BYTES } from './message-frames.ts'
import { fieldBytes, textField, writeHead } from './wire.ts'

const VERSION = 1
const RESOURCES = 2
const TYPE_URL = 4
const NONCE = 5
const REMOVED = 6
const SOTW_CONTROL_PLANE = 6
const DELTA_CONTROL_PLANE = 7
/** From so many resources on it pays to keep the bytes of the whole list for the next client. */
const LIST_WORTH_KEEPING = 8

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

  encode(response: XdsResponse): Buffer {
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

function framed(parts: readonly Buffer[]): Buffer {
  let length = 0
  for (const part of parts) length += part.length
  const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + length)
  bytes[0] = 0
  bytes.writeUInt32BE(length, 1)
  let at = FRAME_HEADER_BYTES
  for (const part of parts) at += part.copy(bytes, at)
  return bytes
}

/** Lists that the server made once for several clients, by the list. */
const listBytes = { sotw: new WeakMap<readonly XdsResource[], Buffer>(), delta: new WeakMap<readonly XdsResource[], Buffer>() }

function addResources(parts: Buffer[], resources: readonly XdsResource[], kind: 'sotw' | 'delta'): void {
  if (resources.length < LIST_WORTH_KEEPING || !Object.isFrozen(resources)) {
    for (const resource of resources) addResource(parts, resource, kind)
    return
  }
  let bytes = listBytes[kind].get(resources)
  if (bytes === undefined) {
    const pieces: Buffer[] = []
    for (const resource of resources) addResource(pieces, resource, kind)
    bytes = Buffer.concat(pieces)
    listBytes[kind].set(resources, bytes)
  }
  parts.push(bytes)
}

interface EncodedResource {
  /** What comes before the `Any` in state of the world: a head. In delta: a head, and the version. */
  readonly sotwHead: Buffer
  readonly deltaHead: Buffer
  readonly any: Buffer
  readonly deltaTail: Buffer
}

const encoded = new WeakMap<XdsResource, EncodedResource>()

function addResource(parts: Buffer[], resource: XdsResource, kind: 'sotw' | 'delta'): void {
  let pieces = encoded.get(resource)
  if (pieces === undefined) {
    pieces = encodeResource(resource)
    encoded.set(resource, pieces)
  }
  if (kind === 'sotw') parts.push(pieces.sotwHead, pieces.any)
  else parts.push(pieces.deltaHead, pieces.any, pieces.deltaTail)
}

/** envoy.service.discovery.v3.Resource: version 1, resource 2, name 3. */
function encodeResource(resource: XdsResource): EncodedResource {
  const any = anyOf(resource)
  const version = textField(1, resource.version)
  const deltaTail = textField(3, resource.name)
  const inner = head(2, any.length)
  const length = version.length + inner.length + any.length + deltaTail.length
  return { sotwHead: head(RESOURCES, any.length), deltaHead: Buffer.concat([head(RESOURCES, length), version, inner]), any, deltaTail }
}

/** google.protobuf.Any: type_url 1, value 2. */
function anyOf(resource: XdsResource): Buffer {
  const { bytes } = resource
  const typeUrl = textField(1, resource.typeUrl)
  if (bytes.length === 0) return typeUrl
  const any = Buffer.allocUnsafe(typeUrl.length + fieldBytes(bytes.length))
  typeUrl.copy(any)
  any.set(bytes, writeHead(any, typeUrl.length, 2, bytes.length))
  return any
}

function head(field: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(6)
  return bytes.subarray(0, writeHead(bytes, 0, field, length))
}

function nested(field: number, content: Buffer): Buffer {
  return Buffer.concat([head(field, content.length), content])
}
