import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import type { QueryReach } from './query-facts.ts'

/** Counters that are there from the start, by Envoy's names. */
const NAMES = [
  'cx_destroy_local_with_active_rq',
  'cx_destroy_remote_with_active_rq',
  'cx_drain_close',
  'decoding_error',
  'delays_injected',
  'op_command',
  'op_command_reply',
  'op_get_more',
  'op_insert',
  'op_kill_cursors',
  'op_query',
  'op_query_await_data',
  'op_query_exhaust',
  'op_query_multi_get',
  'op_query_no_cursor_timeout',
  'op_query_no_max_time',
  'op_query_scatter_get',
  'op_query_tailable_cursor',
  'op_reply',
  'op_reply_cursor_not_found',
  'op_reply_query_failure',
  'op_reply_valid_cursor',
] as const
export type MongoCounter = (typeof NAMES)[number]

/** Collections of one chain with counters of their own: their names come from clients. */
const MAX_COLLECTIONS = 500

/** The statistics of `mongo.<stat_prefix>.`. */
export class MongoStats {
  private readonly stats: StatsRegistry
  private readonly prefix: string
  private readonly commands: ReadonlySet<string>
  private readonly counters: ReadonlyMap<MongoCounter, Slot>
  private readonly active: Slot
  private readonly collections = new Map<string, Slot>()

  constructor(stats: StatsRegistry, prefix: string, commands: readonly string[]) {
    const scope = stats.scope(`mongo.${prefix}.`, 'envoy_mongo_', { envoy_mongo_prefix: prefix })
    this.stats = stats
    this.prefix = prefix
    this.commands = new Set(commands.map(command => command.toLowerCase()))
    this.counters = new Map(NAMES.map(name => [name, scope.counter(name)]))
    this.active = scope.gauge('op_query_active')
  }

  count(name: MongoCounter): void {
    const slot = this.counters.get(name)
    if (slot !== undefined) this.stats.add(slot, 1)
  }

  addActive(by: number): void {
    this.stats.add(this.active, by)
  }

  /** A command that the configuration does not name is counted as `unknown_command`. */
  command(name: string): void {
    const known = this.commands.has(name) ? name : 'unknown_command'
    const labels = { envoy_mongo_prefix: this.prefix, envoy_mongo_cmd: known }
    this.stats.add(this.stats.scope(`mongo.${this.prefix}.cmd.${known}.`, 'envoy_mongo_cmd_', labels).counter('total'), 1)
  }

  query(collection: string, reach: QueryReach): void {
    this.addToCollection(collection, 'total')
    if (reach !== 'one') this.addToCollection(collection, reach)
  }

  private addToCollection(collection: string, counter: string): void {
    const key = `${counter} ${collection}`
    let slot = this.collections.get(key)
    if (slot === undefined) {
      if (this.collections.size >= MAX_COLLECTIONS) return
      const labels = { envoy_mongo_prefix: this.prefix, envoy_mongo_collection: collection }
      const prefix = `mongo.${this.prefix}.collection.${collection}.query.`
      slot = this.stats.scope(prefix, 'envoy_mongo_collection_query_', labels).counter(counter)
      this.collections.set(key, slot)
    }
    this.stats.add(slot, 1)
  }
}
