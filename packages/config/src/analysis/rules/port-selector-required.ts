import { destinationsOf } from '../destinations.ts'
import type { Rule } from '../finding.ts'

/** With several ports the destination's port would be that of the request, which may not exist. */
export const portSelectorRequired: Rule = {
  code: 'IST0112',
  name: 'VirtualServiceDestinationPortSelectorRequired',
  severity: 'error',
  summary: 'a destination with several ports, and none is named',
  check: context =>
    context.of('VirtualService').flatMap(route =>
      destinationsOf(route).flatMap(({ path, destination: { host, port } }) => {
        const ports = port === undefined ? (context.service(host, route)?.ports ?? []) : []
        if (ports.length < 2) return []
        const numbers = ports.map(({ number }) => number).join(', ')
        return [
          {
            object: route,
            path,
            message: `'${host}' has several ports (${numbers}), and none is named here`,
            remedy: "add 'port: {number: …}'",
          },
        ]
      }),
    ),
}
