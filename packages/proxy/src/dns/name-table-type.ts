import { err, ok, type Result, violation, type Violation } from '@meshwork/core/result'
import { NameTable } from '@meshwork/protos/istio/networking/nds/v1/nds'
import type { ResourceType } from '@meshwork/xds/client'
import { NAME_TABLE_TYPE } from '@meshwork/xds/types'
import { isIP } from 'node:net'
import type { NamedHost } from './name-lookup.ts'

const MOST_HOSTS = 100_000
const LONGEST_HOST = 253
const LONGEST_LABEL = 63

/** The Name Discovery Service: one resource without a name. */
export const nameTableType: ResourceType<readonly NamedHost[]> = {
  typeUrl: NAME_TABLE_TYPE,
  absenceDeletes: true,
  decode: bytes => {
    const message = decoded(bytes)
    if (message.kind === 'err') return message
    const entries = Object.entries(message.value.table)
    if (entries.length > MOST_HOSTS) return err([violation('table', 'too-many', `more than ${MOST_HOSTS} names`)])
    const violations = entries.flatMap(([host, { ips }]) => [...checkHost(host), ...checkAddresses(host, ips)])
    if (violations.length > 0) return err(violations)
    return ok(entries.map(([host, { ips, shortname, namespace }]) => ({ host, addresses: ips, shortname, namespace })))
  },
}

function decoded(bytes: Uint8Array): Result<NameTable, readonly Violation[]> {
  try {
    return ok(NameTable.decode(bytes))
  } catch {
    return err([violation('', 'malformed', 'the bytes are no NameTable')])
  }
}

function checkHost(host: string): readonly Violation[] {
  const labels = host.split('.')
  const fits = host.length <= LONGEST_HOST && labels.every(label => label !== '' && label.length <= LONGEST_LABEL)
  return fits ? [] : [violation(`table[${host.slice(0, LONGEST_HOST)}]`, 'bad-host', 'is not a host name')]
}

function checkAddresses(host: string, ips: readonly string[]): readonly Violation[] {
  return ips.filter(ip => isIP(ip) === 0).map(ip => violation(`table[${host}].ips`, 'bad-address', `'${ip}' is not an IP address`))
}
