import type { GatewayServer, ObjectOf } from '@meshwork/config/kinds'
import { parseProtocol } from '@meshwork/config/registry'
import { joinPath, type Violation } from '@meshwork/core/result'
import { isCipherSuite } from '../translate/envoy/cipher-suites.ts'
import { leftOut } from './header-operations.ts'
import type { Repaired } from './repair.ts'

/** A Gateway without servers of UDP, which gateways cannot serve, and without cipher suites that proxies do not know. */
export function repairGateway(object: ObjectOf<'Gateway'>): Repaired<ObjectOf<'Gateway'>> {
  const findings: Violation[] = []
  const servers = object.spec.servers.flatMap((server, i) => repairServer(server, joinPath('spec.servers', i), findings))
  return findings.length === 0 ? { object, findings } : { object: { ...object, spec: { ...object.spec, servers } }, findings }
}

function repairServer(server: GatewayServer, path: string, findings: Violation[]): readonly GatewayServer[] {
  if (parseProtocol(server.port.protocol) === 'udp') {
    findings.push(leftOut(path, 'gateways do not serve UDP'))
    return []
  }
  const { tls } = server
  if (tls === undefined || tls.cipherSuites.every(isCipherSuite)) return [server]
  for (const [i, suite] of tls.cipherSuites.entries()) {
    if (!isCipherSuite(suite)) findings.push(leftOut(`${path}.tls.cipherSuites[${i}]`, `'${suite}' is not a cipher suite of TLS 1.2`))
  }
  return [{ ...server, tls: { ...tls, cipherSuites: tls.cipherSuites.filter(isCipherSuite) } }]
}
