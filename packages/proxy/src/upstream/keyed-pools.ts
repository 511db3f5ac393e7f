import type { ConnectionPool } from './connection-pool.ts'

/** Pools of one host at most: clients choose the keys. */
const MAX_POOLS = 1000

/** The pools of a host whose connections depend on who they are for. Those not used for longest make room for others. */
export class KeyedPools {
  private readonly pools = new Map<string, ConnectionPool>()

  of(key: string, create: () => ConnectionPool): ConnectionPool {
    const pool = this.pools.get(key) ?? create()
    this.pools.delete(key)
    this.pools.set(key, pool)
    if (this.pools.size > MAX_POOLS) this.dropOldest()
    return pool
  }

  close(): void {
    for (const pool of this.pools.values()) pool.close()
    this.pools.clear()
  }

  /** Its idle connections close, the others with their requests. */
  private dropOldest(): void {
    for (const [key, pool] of this.pools) {
      this.pools.delete(key)
      pool.close()
      return
    }
  }
}
