import type { ModelPort, Service, ServiceEndpoint } from './model.ts'

/** Several objects that declare one host of one namespace make one service. `services` in the order of `compareDeclarations`. */
export function mergeServices(services: readonly Service[]): Service | undefined {
  const [first, ...others] = services
  return first === undefined ? undefined : others.reduce(joined, first)
}

/**
 * The first decides; each further one adds the ports, addresses and accounts that are new. Ports of an entry whose endpoints are
 * found in another way are left out: one host cannot be resolved in two ways.
 */
function joined(first: Service, further: Service): Service {
  const { remoteAddresses } = further
  return {
    ...first,
    ports: canServeTogether(first, further) ? withPorts(first.ports, further.ports) : first.ports,
    // The address in another cluster may be that of another service here.
    ...(remoteAddresses === undefined
      ? { addresses: [...new Set([...first.addresses, ...further.addresses])] }
      : { remoteAddresses: { ...first.remoteAddresses, ...remoteAddresses } }),
    serviceAccounts: [...new Set([...first.serviceAccounts, ...further.serviceAccounts])],
  }
}

/** One port for each number. Endpoints are found by the names of ports, so a name that is taken gets its number behind it. */
function withPorts(known: readonly ModelPort[], further: readonly ModelPort[]): readonly ModelPort[] {
  const added = further.filter(port => known.every(({ number }) => number !== port.number))
  const isTaken = (port: ModelPort): boolean => known.some(({ name }) => name === port.name)
  return [...known, ...added.map(port => (isTaken(port) ? { ...port, name: `${port.name}-${port.number}` } : port))]
}

/** Whether the ports of both can be ports of one service. */
export function canServeTogether(first: Service, further: Service): boolean {
  return first.resolution === further.resolution || first.registry !== further.registry
}

/** Endpoints of one declaration as endpoints of the service it became part of: under the names that its ports have there. */
export function joinedEndpoints(
  declared: Service,
  endpoints: readonly ServiceEndpoint[],
  whole: Service | undefined,
): readonly ServiceEndpoint[] {
  if (whole === undefined || !canServeTogether(whole, declared)) return []
  const names = new Map(
    declared.ports.flatMap(({ name, number }) => {
      const port = whole.ports.find(candidate => candidate.number === number)
      return port === undefined ? [] : [[name, port.name] as const]
    }),
  )
  return endpoints.flatMap(endpoint => {
    const portName = names.get(endpoint.portName)
    if (portName === undefined) return []
    return portName === endpoint.portName ? [endpoint] : [{ ...endpoint, portName }]
  })
}

/** Kubernetes first, whose services nobody may redefine from outside (traffic.md 3.3); then oldest first. */
export function compareDeclarations(a: Service, b: Service): number {
  if ((a.registry === 'kubernetes') !== (b.registry === 'kubernetes')) return a.registry === 'kubernetes' ? -1 : 1
  return compareServices(a, b)
}

/** Oldest first, then by name. */
export function compareServices(a: Service, b: Service): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt
  if (a.hostname !== b.hostname) return a.hostname < b.hostname ? -1 : 1
  return a.namespace < b.namespace ? -1 : a.namespace > b.namespace ? 1 : 0
}
