import { protocolOfPort } from '../../registry/index.ts'
import type { Rule } from '../finding.ts'

export const externalNamePort: Rule = {
  code: 'IST0150',
  name: 'ExternalNameServiceTypeInvalidPortName',
  severity: 'warning',
  summary: 'a port of an ExternalName service whose name says no protocol: nothing is forwarded as meant',
  check: context =>
    context
      .of('Service')
      .filter(({ spec }) => spec.type === 'ExternalName')
      .flatMap(service =>
        service.spec.ports.flatMap(({ name, port, protocol, appProtocol }, i) => {
          const known = protocolOfPort({ name, number: port, transport: protocol, ...(appProtocol !== undefined && { appProtocol }) })
          if (known !== 'auto') return []
          const message = `port ${port} ('${name}') of an ExternalName service names no protocol, and there is no server of the mesh to find it out from`
          return [{ object: service, path: `spec.ports[${i}]`, message, remedy: "name it 'tcp-…', 'http-…' or 'https-…'" }]
        }),
      ),
}
