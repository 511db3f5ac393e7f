import { addressData } from './address-data.ts'
import {
  type DnsRecord,
  encodeAnswer,
  encodeName,
  NO_ERROR,
  NOT_IMPLEMENTED,
  type Query,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
} from './message.ts'
import type { FoundName, NameLookup } from './name-lookup.ts'

/** Istio's: short, because the table may change, and long enough that not every call asks. */
const TTL_SECONDS = 30
const STANDARD_QUERY = 0

/** The answer from the table; undefined where the question is for the resolver behind. `limit`: octets that the transport takes. */
export function answerQuery(query: Query, names: NameLookup, rotation: number, limit: number): Buffer | undefined {
  if (query.opcode !== STANDARD_QUERY) return encodeAnswer(query, NOT_IMPLEMENTED, [], limit)
  if (!query.isInternet || (query.type !== TYPE_A && query.type !== TYPE_AAAA)) return undefined
  const found = names.find(query.name)
  if (found === undefined) return undefined
  return encodeAnswer(query, NO_ERROR, recordsOf(found, query.type, rotation), limit)
}

/** Nothing at all for a family that the name has no addresses of: the name exists, so clients look no further. */
function recordsOf(found: FoundName, type: typeof TYPE_A | typeof TYPE_AAAA, rotation: number): readonly DnsRecord[] {
  const addresses = rotated(type === TYPE_A ? found.v4 : found.v6, rotation)
  const owner = found.alias ?? ''
  const records = addresses.map(address => ({ owner, type, ttlSeconds: TTL_SECONDS, data: addressData(address) }))
  if (found.alias === undefined || records.length === 0) return records
  return [{ owner: '', type: TYPE_CNAME, ttlSeconds: TTL_SECONDS, data: encodeName(found.alias) }, ...records]
}

/** Clients tend to take the first, so each has its turn there. */
function rotated(addresses: readonly string[], by: number): readonly string[] {
  const start = addresses.length === 0 ? 0 : by % addresses.length
  return [...addresses.slice(start), ...addresses.slice(0, start)]
}
