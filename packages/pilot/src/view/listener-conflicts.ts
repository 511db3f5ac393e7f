import { isHttp, type ModelPort, type Service, type ServiceRegistry } from '@meshwork/config/registry'
import { violation } from '@meshwork/core/result'
import type { EgressScope } from './outbound-scope.ts'
import { Remembered } from '../snapshot/remembered.ts'
import { tcpPlaces } from './tcp-places.ts'
import type { ViewFinding } from './view-finding.ts'

const ANY_ADDRESS = '0.0.0.0'

interface Holder {
  readonly service: Service
  readonly http: boolean
}

/**
 * Ports of services that get no listener of their own kind, because an older service has the port at every address for the other:
 * HTTP is taken at every address, and so are bytes of a service without one (traffic.md 2.2, row 53).
 */
export function listenerConflicts(
  scope: EgressScope,
  dnsCapture: boolean,
  endpoints: ServiceRegistry['endpoints'],
): readonly ViewFinding[] {
  return conflicts.get(scope.services, String(dnsCapture), [endpoints], () => conflictsAmong(scope.services, dnsCapture, endpoints))
}

const conflicts = new Remembered<readonly ViewFinding[]>()

function conflictsAmong(
  services: readonly Service[],
  dnsCapture: boolean,
  endpoints: ServiceRegistry['endpoints'],
): readonly ViewFinding[] {
  const holders = new Map<number, Holder>()
  const findings: ViewFinding[] = []
  for (const service of services) {
    for (const [i, port] of service.ports.entries()) {
      if (!takesEveryAddress(service, port, dnsCapture, endpoints)) continue
      const http = isHttp(port.protocol)
      const holder = holders.get(port.number)
      if (holder === undefined) holders.set(port.number, { service, http })
      else if (holder.http !== http) findings.push(conflict(service, i, port, holder))
    }
  }
  return findings
}

/** Ports that say nothing of what they speak go along with either. */
function takesEveryAddress(service: Service, port: ModelPort, dnsCapture: boolean, endpoints: ServiceRegistry['endpoints']): boolean {
  if (isHttp(port.protocol)) return true
  if (port.protocol === 'udp' || port.protocol === 'auto' || service.externalName !== undefined) return false
  return tcpPlaces(service, port, dnsCapture, endpoints).some(({ address, subnets }) => address === ANY_ADDRESS && subnets.length === 0)
}

function conflict({ origin, hostname }: Service, index: number, { number }: ModelPort, holder: Holder): ViewFinding {
  const lost = holder.http ? 'connections to it are taken for HTTP' : 'its requests are not routed by host'
  const message = `port ${number} of ${hostname} is at every address the older ${holder.service.hostname}'s, so ${lost}`
  return {
    origin,
    violation: violation(`spec.ports[${index}]`, 'listener-conflict', message, 'give one of them an address, or another port'),
  }
}
