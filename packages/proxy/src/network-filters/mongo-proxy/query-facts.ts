import { type BsonDocument, type BsonValue, readDocument } from './bson-document.ts'
import type { MongoMessage } from './message-reader.ts'

/** How many shards a query may need: one, those of a list of keys, all. */
export type QueryReach = 'one' | 'multi_get' | 'scatter_get'

/** What an OP_QUERY asks for. */
export type QueryFacts =
  | { readonly kind: 'command'; readonly flags: number; readonly command: string }
  | {
      readonly kind: 'query'
      readonly flags: number
      readonly collection: string
      readonly reach: QueryReach
      readonly hasMaxTime: boolean
    }

const MAX_NAME_BYTES = 255
const EMPTY: BsonDocument = new Map()

/** Reads the body of an OP_QUERY: flags, full name of the collection, two numbers, the query. null if it is none. */
export function queryFacts({ body }: MongoMessage): QueryFacts | null {
  const nameEnd = body.indexOf(0, 4)
  if (nameEnd < 0 || nameEnd - 4 > MAX_NAME_BYTES) return null
  const flags = body.readInt32LE(0)
  const fullName = body.toString('utf8', 4, nameEnd)
  const collection = fullName.slice(fullName.indexOf('.') + 1)
  const asked = readDocument(body, nameEnd + 9) ?? EMPTY
  if (collection !== '$cmd') {
    return { kind: 'query', flags, collection, reach: reachOf(inner(asked)), hasMaxTime: asked.has('$maxTimeMS') }
  }
  const [[command, target] = ['', null]] = [...inner(asked)]
  if (command !== 'find' || typeof target !== 'string') return { kind: 'command', flags, command: command.toLowerCase() }
  const filter = asDocument(asked.get('filter')) ?? EMPTY
  return { kind: 'query', flags, collection: target, reach: reachOf(filter), hasMaxTime: asked.has('maxTimeMS') }
}

/** Drivers put what they ask for into a field of its own when they say more about it. */
function inner(asked: BsonDocument): BsonDocument {
  return asDocument(asked.get('$query')) ?? asDocument(asked.get('query')) ?? asked
}

function reachOf(query: BsonDocument): QueryReach {
  if (!query.has('_id')) return 'scatter_get'
  return asDocument(query.get('_id'))?.has('$in') === true ? 'multi_get' : 'one'
}

function asDocument(value: BsonValue | undefined): BsonDocument | null {
  return typeof value === 'object' ? value : null
}
