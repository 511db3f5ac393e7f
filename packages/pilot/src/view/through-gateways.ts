import type { EndpointInputs } from '../translate/endpoints/inputs.ts'

/**
 * Endpoints behind gateways become one endpoint for each gateway and locality, with the weight of all. Those that no mutual TLS
 * leads to are left out: a gateway goes by the server name, which nothing else brings. `bringsNames`: connections of the cluster
 * carry the name.
 */
export function throughGateways(all: readonly EndpointInputs[], bringsNames: boolean): readonly EndpointInputs[] {
  if (all.every(({ endpoint }) => endpoint.gatewayPort === undefined)) return all
  const ways = new Map<string, EndpointInputs>()
  for (const way of all) {
    const { gatewayPort, address, port, locality, cluster = '' } = way.endpoint
    if (gatewayPort === undefined) {
      ways.set(`${cluster} ${address} ${port} ${ways.size}`, way)
      continue
    }
    if (!way.mutualTls || !bringsNames) continue
    const key = `gateway ${address} ${gatewayPort} ${locality.region}/${locality.zone}/${locality.subzone}`
    const known = ways.get(key)
    const weight = way.endpoint.weight + (known?.endpoint.weight ?? 0)
    ways.set(key, { mutualTls: true, endpoint: { ...way.endpoint, port: gatewayPort, weight, labels: {}, workload: undefined } })
  }
  return [...ways.values()]
}
