/** Messages of MongoDB's wire protocol (its manual, "MongoDB Wire Protocol") for tests. */

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
const int64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(value))
  return bytes
}
const cString = (text: string): Buffer => Buffer.from(`${text}\0`)

export type BsonInput = number | string | { readonly [name: string]: BsonInput }

export function bson(fields: { readonly [name: string]: BsonInput }): Buffer {
  const body = Buffer.concat(Object.entries(fields).map(([name, value]) => element(name, value)))
  return Buffer.concat([int32(body.length + 5), body, Buffer.from([0])])
}

function element(name: string, value: BsonInput): Buffer {
  if (typeof value === 'number') return Buffer.concat([Buffer.from([0x10]), cString(name), int32(value)])
  if (typeof value === 'object') return Buffer.concat([Buffer.from([name === '$in' ? 0x04 : 0x03]), cString(name), bson(value)])
  return Buffer.concat([Buffer.from([0x02]), cString(name), int32(Buffer.byteLength(value) + 1), cString(value)])
}

function message(id: number, answers: number, opCode: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([int32(body.length + 16), int32(id), int32(answers), int32(opCode), body])
}

export function opQuery(id: number, flags: number, collection: string, asked: { readonly [name: string]: BsonInput }): Buffer {
  return message(id, 0, 2004, int32(flags), cString(collection), int32(0), int32(-1), bson(asked))
}

export function opReply(answers: number, flags: number, cursor: number): Buffer {
  return message(1000 + answers, answers, 1, int32(flags), int64(cursor), int32(0), int32(0))
}

export function opGetMore(id: number, collection: string): Buffer {
  return message(id, 0, 2005, int32(0), cString(collection), int32(0), int64(5))
}

export function opInsert(id: number, collection: string): Buffer {
  return message(id, 0, 2002, int32(0), cString(collection), bson({ a: 1 }))
}

export function opKillCursors(id: number): Buffer {
  return message(id, 0, 2007, int32(0), int32(1), int64(5))
}

/** What drivers of today speak. */
export function opMsg(id: number): Buffer {
  return message(id, 0, 2013, int32(0), Buffer.from([0]), bson({ ping: 1, $db: 'shop' }))
}
