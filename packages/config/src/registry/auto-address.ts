import type { Service } from './model.ts'
import { serviceKey } from './model.ts'

/** 240.240.0.0/16, a part of class E that no network routes; the last byte is never 0 or 255. */
const NETWORK = '240.240'
const HOSTS_PER_BLOCK = 254
const SLOTS = 256 * HOSTS_PER_BLOCK
/** Prime below `SLOTS`, so that no step divides the number of slots unevenly often. */
const STEP_PRIME = 65_003
/** `false` on an object: its hosts get none. */
const SWITCH_LABEL = 'networking.istio.io/enable-autoallocate-ip'

/**
 * Services with an address for those that have none and need one: of ServiceEntries, with a plain host, whose endpoints are known.
 * Without an address of its own, a TCP service cannot be told from another on the same port. The address follows from namespace and
 * host alone, unless two want the same: then the one that comes first in `services` keeps it. Services that need none stay the same
 * objects, and so do those whose address is as before.
 */
export function withAutoAddresses(services: readonly Service[]): readonly Service[] {
  const taken = new Set<number>()
  return services.map(service => {
    if (!needsAddress(service)) return service
    const slot = freeSlot(serviceKey(service), taken)
    if (slot === undefined) return service
    taken.add(slot)
    return withAddress(service, addressOf(slot))
  })
}

function needsAddress({ registry, hostname, resolution, addresses, labels }: Service): boolean {
  if (labels[SWITCH_LABEL] === 'false') return false
  return registry !== 'kubernetes' && resolution !== 'none' && addresses.length === 0 && !hostname.startsWith('*')
}

/** Double hashing: a second hash of the name decides how far the next try is away. undefined: all slots are taken. */
function freeSlot(key: string, taken: ReadonlySet<number>): number | undefined {
  const hash = fnv1a(key)
  const step = STEP_PRIME - (hash % STEP_PRIME)
  for (let i = 0; i < SLOTS; i++) {
    const slot = (hash + i * step) % SLOTS
    if (!taken.has(slot)) return slot
  }
  return undefined
}

function addressOf(slot: number): string {
  return `${NETWORK}.${Math.floor(slot / HOSTS_PER_BLOCK)}.${(slot % HOSTS_PER_BLOCK) + 1}`
}

/** FNV-1a with 32 bits, over UTF-8. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

const addressed = new WeakMap<Service, Service>()

function withAddress(service: Service, autoAddress: string): Service {
  const known = addressed.get(service)
  if (known?.autoAddress === autoAddress) return known
  const result = { ...service, autoAddress }
  addressed.set(service, result)
  return result
}
