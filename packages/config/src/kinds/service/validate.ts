import { joinPath, violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'
import { checkFqdn } from '../rules/hostname.ts'
import { checkPort } from '../rules/network.ts'
import type { ServiceSpec } from './type.ts'

/** The rules of an API server on which the mesh relies. */
export function validateService(spec: ServiceSpec): readonly Violation[] {
  const violations: Violation[] = []
  if (spec.type === 'ExternalName') violations.push(...checkFqdn('spec.externalName', spec.externalName ?? ''))
  if (spec.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIP !== 'None' && isIP(spec.clusterIP) === 0) {
    violations.push(violation('spec.clusterIP', 'bad-address', `'${spec.clusterIP}' is neither an IP address nor 'None'`))
  }
  return [...violations, ...validatePorts(spec)]
}

function validatePorts({ ports }: ServiceSpec): readonly Violation[] {
  return ports.flatMap((port, i) => {
    const path = joinPath('spec.ports', i)
    const violations = [...checkPort(`${path}.port`, port.port)]
    if (typeof port.targetPort === 'number' && port.targetPort !== port.port)
      violations.push(...checkPort(`${path}.targetPort`, port.targetPort))
    if (ports.length > 1 && port.name === '')
      violations.push(violation(`${path}.name`, 'missing-field', 'is required if there are several ports'))
    if (port.name !== '' && ports.findIndex(other => other.name === port.name) < i) {
      violations.push(violation(`${path}.name`, 'duplicate', `there is another port '${port.name}'`))
    }
    return violations
  })
}
