import { protocolOfPort } from '../../registry/index.ts'
import type { Rule } from '../finding.ts'

/** Without a protocol in its name a port is sniffed, which costs time and cannot work where servers speak first. */
export const portName: Rule = {
  code: 'IST0118',
  name: 'PortNameIsNotUnderNamingConvention',
  severity: 'info',
  summary: 'a port name without a protocol: the proxy has to find it out',
  check: context =>
    context.of('Service').flatMap(service => {
      if (service.spec.type === 'ExternalName') return []
      return service.spec.ports.flatMap(({ name, port, protocol, appProtocol }, i) => {
        const known = protocolOfPort({ name, number: port, transport: protocol, ...(appProtocol !== undefined && { appProtocol }) })
        if (known !== 'auto') return []
        const message = `the port name '${name}' (port ${port}) names no protocol, so proxies have to look at the first bytes`
        return [{ object: service, path: `spec.ports[${i}]`, message, remedy: "call it 'http-…', 'grpc-…', 'tcp-…', or set appProtocol" }]
      })
    }),
}
