import { ResponseFlag } from '../../http/response-flags.ts'
import { GO_ON, type NetworkConnection, type NetworkFilter, type NetworkFilterBlueprint, type NetworkStatus } from '../network-filter.ts'
import { type MongoMessage, MongoMessageReader } from './message-reader.ts'
import { MongoStats } from './mongo-stats.ts'
import { queryFacts } from './query-facts.ts'

export const MONGO_PROXY = 'envoy.filters.network.mongo_proxy'

/** Operations of the wire protocol that are counted. */
const [OP_REPLY, OP_INSERT, OP_QUERY, OP_GET_MORE, OP_KILL_CURSORS, OP_COMMAND, OP_COMMAND_REPLY] = [1, 2002, 2004, 2005, 2007, 2010, 2011]
const [CURSOR_NOT_FOUND, QUERY_FAILURE] = [1, 2]
/** Flags of queries, by the end of the name of their counter. */
const QUERY_FLAGS = [
  ['tailable_cursor', 2],
  ['no_cursor_timeout', 16],
  ['await_data', 32],
  ['exhaust', 64],
] as const
/** Queries of one connection whose answers are waited for; of more the oldest is forgotten. */
const MAX_ACTIVE = 1024

interface Watched {
  readonly client: MongoMessageReader
  readonly server: MongoMessageReader
  readonly active: Set<number>
  /** False after bytes that are none of the protocol: they pass, uncounted. */
  sniffing: boolean
}

/** Counts what MongoDB's clients ask and what they are answered; the bytes pass as they are. */
class MongoProxyFilter implements NetworkFilter {
  private readonly stats: MongoStats
  private readonly watched = new Map<NetworkConnection, Watched>()

  constructor(stats: MongoStats) {
    this.stats = stats
  }

  onConnection(connection: NetworkConnection): NetworkStatus {
    const readers = { client: new MongoMessageReader(), server: new MongoMessageReader() }
    this.watched.set(connection, { ...readers, active: new Set(), sniffing: true })
    return GO_ON
  }

  onClientBytes(connection: NetworkConnection, bytes: Buffer): void {
    this.read(connection, bytes, 'client')
  }

  onServerBytes(connection: NetworkConnection, bytes: Buffer): void {
    this.read(connection, bytes, 'server')
  }

  onClosed(connection: NetworkConnection): void {
    const active = this.watched.get(connection)?.active.size ?? 0
    this.watched.delete(connection)
    if (active === 0) return
    const byServer = ((connection.relayed?.flags ?? 0) & ResponseFlag.upstreamConnectionTermination) !== 0
    this.stats.count(byServer ? 'cx_destroy_local_with_active_rq' : 'cx_destroy_remote_with_active_rq')
    this.stats.addActive(-active)
  }

  private read(connection: NetworkConnection, bytes: Buffer, side: 'client' | 'server'): void {
    const watched = this.watched.get(connection)
    if (watched === undefined || !watched.sniffing) return
    const messages = watched[side].read(bytes)
    if (messages !== null && messages.every(message => this.take(message, watched))) return
    watched.sniffing = false
    this.stats.count('decoding_error')
  }

  /** False for what is no message that we know; newer drivers speak OP_MSG only, which Envoy does not know either. */
  private take(message: MongoMessage, watched: Watched): boolean {
    const { opCode } = message
    if (opCode === OP_QUERY) return this.query(message, watched)
    if (opCode === OP_REPLY) return this.reply(message, watched)
    const counter = COUNTERS.get(opCode)
    if (counter !== undefined) this.stats.count(counter)
    return counter !== undefined
  }

  private query(message: MongoMessage, { active }: Watched): boolean {
    const facts = queryFacts(message)
    if (facts === null) return false
    this.stats.count('op_query')
    for (const [name, flag] of QUERY_FLAGS) if ((facts.flags & flag) !== 0) this.stats.count(`op_query_${name}`)
    this.begin(message.requestId, active)
    if (facts.kind === 'command') {
      this.stats.command(facts.command)
      return true
    }
    if (!facts.hasMaxTime) this.stats.count('op_query_no_max_time')
    if (facts.reach !== 'one') this.stats.count(`op_query_${facts.reach}`)
    this.stats.query(facts.collection, facts.reach)
    return true
  }

  private begin(requestId: number, active: Set<number>): void {
    const [oldest] = active
    if (active.size === MAX_ACTIVE && oldest !== undefined) active.delete(oldest)
    else if (!active.has(requestId)) this.stats.addActive(1)
    active.add(requestId)
  }

  /** The body of an OP_REPLY: flags, the number of the cursor, two numbers, documents. */
  private reply({ body, responseTo }: MongoMessage, { active }: Watched): boolean {
    if (body.length < 12) return false
    this.stats.count('op_reply')
    const flags = body.readInt32LE(0)
    if ((flags & CURSOR_NOT_FOUND) !== 0) this.stats.count('op_reply_cursor_not_found')
    if ((flags & QUERY_FAILURE) !== 0) this.stats.count('op_reply_query_failure')
    if (body.readBigInt64LE(4) !== 0n) this.stats.count('op_reply_valid_cursor')
    if (active.delete(responseTo)) this.stats.addActive(-1)
    return true
  }
}

const COUNTERS: ReadonlyMap<number, 'op_insert' | 'op_get_more' | 'op_kill_cursors' | 'op_command' | 'op_command_reply'> = new Map([
  [OP_INSERT, 'op_insert'],
  [OP_GET_MORE, 'op_get_more'],
  [OP_KILL_CURSORS, 'op_kill_cursors'],
  [OP_COMMAND, 'op_command'],
  [OP_COMMAND_REPLY, 'op_command_reply'],
] as const)

/** `envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy`: `commands` are those with counters of their own. */
export function mongoProxy(statPrefix: string, commands: readonly string[]): NetworkFilterBlueprint {
  return { kind: 'filter', name: MONGO_PROXY, compile: ({ stats }) => new MongoProxyFilter(new MongoStats(stats, statPrefix, commands)) }
}
