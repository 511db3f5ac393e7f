import type { Service } from './model.ts'

/** Several objects that declare one host of one namespace make one service. `services` in the order of `compareServices`. */
export function mergeServices(services: readonly Service[]): Service | undefined {
  const [first, ...others] = services
  return first === undefined ? undefined : others.reduce(joined, first)
}

/** The older one decides; the younger adds the ports and addresses that are new. */
function joined(older: Service, younger: Service): Service {
  const ports = younger.ports.filter(port => !older.ports.some(({ number }) => number === port.number))
  return { ...older, ports: [...older.ports, ...ports], addresses: [...new Set([...older.addresses, ...younger.addresses])] }
}

/** Oldest first, then by name. */
export function compareServices(a: Service, b: Service): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt
  if (a.hostname !== b.hostname) return a.hostname < b.hostname ? -1 : 1
  return a.namespace < b.namespace ? -1 : a.namespace > b.namespace ? 1 : 0
}
