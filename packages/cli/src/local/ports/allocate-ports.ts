import { createServer } from 'node:net'
import { MeshError } from '@meshwork/core/result'
import { portOwner } from './port-owner.ts'

/** One port that a plan needs. */
export interface PortDemand {
  /** Unique in the plan: `sidecar/reviews-v1.admin`. */
  readonly name: string
  readonly wish: PortWish
}

export type PortWish =
  | { readonly kind: 'any' }
  /** Known to people and documents: taken if free. */
  | { readonly kind: 'preferred'; readonly port: number }
  /** Promised to the user: if it is taken, nothing starts. `option` moves it. */
  | { readonly kind: 'fixed'; readonly port: number; readonly option: string }

/** The same demand, content with any port where it only preferred one. */
export function withoutPreference(demand: PortDemand): PortDemand {
  return demand.wish.kind === 'preferred' ? { name: demand.name, wish: { kind: 'any' } } : demand
}

export type PortTable = ReadonlyMap<string, number>

/** Below the ranges from which Linux (32768) and macOS (49152) pick ports of outgoing connections, so that none of those can be in the way. */
const RANGE = { first: 20_000, count: 12_000 }

/** Picks a different free port of 127.0.0.1 for each demand. `start` in [0, 1) says where in the range to begin. */
export async function allocatePorts(demands: readonly PortDemand[], start: number = Math.random()): Promise<PortTable> {
  const taken = new Set<number>()
  const table = new Map<string, number>()
  for (const { name, wish } of demands) {
    if (wish.kind === 'fixed') table.set(name, await claimFixed(wish.port, wish.option, taken))
  }
  for (const { name, wish } of demands) {
    if (wish.kind === 'preferred' && (await claim(wish.port, taken))) table.set(name, wish.port)
  }
  let offset = Math.floor(start * RANGE.count)
  for (const { name } of demands) {
    for (let tries = 0; !table.has(name); tries++) {
      if (tries === RANGE.count)
        throw new MeshError('NO_FREE_PORT', `no free port between ${RANGE.first} and ${RANGE.first + RANGE.count - 1}`)
      const port = RANGE.first + (offset++ % RANGE.count)
      if (await claim(port, taken)) table.set(name, port)
    }
  }
  return table
}

async function claimFixed(port: number, option: string, taken: Set<number>): Promise<number> {
  if (await claim(port, taken)) return port
  const owner = await portOwner(port)
  throw new MeshError('PORT_IN_USE', `port ${port} of 127.0.0.1 is in use${owner === undefined ? '' : ` by ${owner}`}`, {
    source: 'config',
    nextStep: `${owner === undefined ? `find who listens with 'lsof -i :${port}' and stop it` : 'stop that process'}, or choose another port with ${option}`,
  })
}

async function claim(port: number, taken: Set<number>): Promise<boolean> {
  if (taken.has(port) || !(await isFree(port))) return false
  taken.add(port)
  return true
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)))
  })
}
