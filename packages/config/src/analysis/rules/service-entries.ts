import type { ObjectOf } from '../../kinds/index.ts'
import { isHttp, isTls, parseProtocol } from '../../registry/index.ts'
import type { Draft, Rule } from '../finding.ts'

const AUTO_ALLOCATE = 'networking.istio.io/enable-autoallocate-ip'

/** Without an address of its own an opaque port takes every connection to that port, whomever it is for. */
export const addressesRequired: Rule = {
  code: 'IST0134',
  name: 'ServiceEntryAddressesRequired',
  severity: 'warning',
  summary: 'an opaque port of a ServiceEntry without addresses takes all connections to that port',
  check: context =>
    context.of('ServiceEntry').flatMap(entry => {
      const { ports, addresses } = entry.spec
      if (addresses.length > 0 || getsAddresses(entry)) return []
      return ports.flatMap(({ number, protocol }, i) => {
        const spoken = parseProtocol(protocol)
        if (isHttp(spoken) || isTls(spoken)) return []
        const message = `port ${number} is opaque (${protocol === '' ? 'no protocol' : protocol}) and there is no address to tell its connections from others'`
        return [
          { object: entry, path: `spec.ports[${i}]`, message, remedy: 'add addresses, or let one be allocated (resolution DNS or STATIC)' },
        ]
      })
    }),
}

/** Addresses are allocated for named hosts that are resolved by the mesh. */
function getsAddresses({ spec, meta }: ObjectOf<'ServiceEntry'>): boolean {
  if (meta.labels[AUTO_ALLOCATE] === 'false') return false
  return spec.resolution !== 'NONE' && spec.hosts.every(host => !host.startsWith('*'))
}

/** Code 177 is the newest of Istio; which of the two wins depends on age. */
export const protocolDisagreement: Rule = {
  code: 'IST0177',
  name: 'ServiceEntryProtocolConflict',
  severity: 'warning',
  summary: 'ServiceEntries that disagree on the protocol of one host and port',
  check: context => {
    const seen = new Map<string, { readonly entry: ObjectOf<'ServiceEntry'>; readonly protocol: string }>()
    const drafts: Draft[] = []
    for (const entry of context.of('ServiceEntry')) {
      for (const [i, { number, protocol }] of entry.spec.ports.entries()) {
        for (const host of entry.spec.hosts) {
          const place = `${host.toLowerCase()}:${number}`
          const earlier = seen.get(place)
          if (earlier === undefined) seen.set(place, { entry, protocol })
          else if (earlier.entry !== entry && earlier.protocol.toUpperCase() !== protocol.toUpperCase()) {
            const { namespace, name } = earlier.entry.meta
            const message = `${place} is ${protocol} here and ${earlier.protocol} in the ServiceEntry ${namespace}/${name}`
            drafts.push({
              object: entry,
              path: `spec.ports[${i}].protocol`,
              message,
              remedy: 'use the same protocol in both, or different ports',
            })
          }
        }
      }
    }
    return drafts
  },
}
