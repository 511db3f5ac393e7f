import type { XdsResource } from '../types/resource.ts'
import { fieldBytes, textField, writeHead } from './wire.ts'

/** `resources` of both responses. */
const RESOURCES = 2
/** A piece ends after about so many resources, and not later than with so many bytes. */
const USUAL_PIECE = 32
const LONGEST_PIECE_BYTES = 128 * 1024

type Kind = 'sotw' | 'delta'

/** Some resources that follow on each other, encoded as fields of a response. */
interface Piece {
  readonly members: readonly XdsResource[]
  readonly bytes: Buffer
}

/**
 * By the first member. Pieces belong to the lists that they are part of; they are gone with the last of them, so that what once
 * was sent is not kept for ever.
 */
const pieces = { sotw: new WeakMap<XdsResource, WeakRef<Piece>[]>(), delta: new WeakMap<XdsResource, WeakRef<Piece>[]>() }
const lists = {
  sotw: new WeakMap<readonly XdsResource[], readonly Piece[]>(),
  delta: new WeakMap<readonly XdsResource[], readonly Piece[]>(),
}

/**
 * The fields of a list of resources that will not change, as buffers that every response with these resources shares. The list is
 * cut where the names say so, whatever stands around them: lists that differ in a few resources share the bytes of all the others.
 */
export function sharedBytes(list: readonly XdsResource[], kind: Kind): readonly Buffer[] {
  let known = lists[kind].get(list)
  if (known === undefined) {
    known = cut(list).map(members => pieceOf(members, kind))
    lists[kind].set(list, known)
  }
  return known.map(({ bytes }) => bytes)
}

function cut(list: readonly XdsResource[]): readonly (readonly XdsResource[])[] {
  const runs: XdsResource[][] = []
  let run: XdsResource[] = []
  let bytes = 0
  for (const resource of list) {
    run.push(resource)
    bytes += resource.bytes.length
    if (bytes < LONGEST_PIECE_BYTES && run.length < 4 * USUAL_PIECE && !endsPiece(resource.name)) continue
    runs.push(run)
    run = []
    bytes = 0
  }
  if (run.length > 0) runs.push(run)
  return runs
}

function endsPiece(name: string): boolean {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0
  return (Math.imul(hash, 0x9e3779b1) >>> 16) % USUAL_PIECE === 0
}

function pieceOf(members: readonly XdsResource[], kind: Kind): Piece {
  const [first] = members
  if (first === undefined) return { members, bytes: Buffer.alloc(0) }
  const alive = (pieces[kind].get(first) ?? []).flatMap(reference => {
    const piece = reference.deref()
    return piece === undefined ? [] : [{ reference, piece }]
  })
  const same = alive.find(({ piece }) => isSame(piece.members, members))
  if (same !== undefined) return same.piece
  const piece = { members, bytes: encoded(members, kind) }
  pieces[kind].set(first, [...alive.map(({ reference }) => reference), new WeakRef(piece)])
  return piece
}

function isSame(a: readonly XdsResource[], b: readonly XdsResource[]): boolean {
  return a.length === b.length && a.every((member, index) => member === b[index])
}

function encoded(members: readonly XdsResource[], kind: Kind): Buffer {
  const lengths = members.map(member => bodyBytes(member, kind))
  const bytes = Buffer.allocUnsafeSlow(lengths.reduce((sum, length) => sum + fieldBytes(length), 0))
  let at = 0
  for (const [index, member] of members.entries()) {
    at = writeHead(bytes, at, RESOURCES, lengths[index] ?? 0)
    at = kind === 'sotw' ? writeAny(bytes, at, member) : writeWrapped(bytes, at, member)
  }
  return bytes
}

/** One resource as a field of a response. */
export function resourceField(resource: XdsResource, kind: Kind): Buffer {
  return encoded([resource], kind)
}

function bodyBytes(resource: XdsResource, kind: Kind): number {
  const any = anyBytes(resource)
  return kind === 'sotw' ? any : textBytes(resource.version) + fieldBytes(any) + textBytes(resource.name)
}

function textBytes(text: string): number {
  return text === '' ? 0 : fieldBytes(Buffer.byteLength(text))
}

function anyBytes({ typeUrl, bytes }: XdsResource): number {
  return textBytes(typeUrl) + (bytes.length === 0 ? 0 : fieldBytes(bytes.length))
}

/** google.protobuf.Any: type_url 1, value 2. */
function writeAny(into: Buffer, at: number, { typeUrl, bytes }: XdsResource): number {
  const next = writeText(into, at, 1, typeUrl)
  if (bytes.length === 0) return next
  const value = writeHead(into, next, 2, bytes.length)
  into.set(bytes, value)
  return value + bytes.length
}

/** envoy.service.discovery.v3.Resource: version 1, resource 2, name 3. */
function writeWrapped(into: Buffer, at: number, resource: XdsResource): number {
  const any = writeHead(into, writeText(into, at, 1, resource.version), 2, anyBytes(resource))
  return writeText(into, writeAny(into, any, resource), 3, resource.name)
}

function writeText(into: Buffer, at: number, field: number, text: string): number {
  return text === '' ? at : at + textField(field, text).copy(into, at)
}
