import type { TcpWay } from '../translate/listeners/inputs.ts'

export function isUnconditional({ serverNames, subnets }: TcpWay): boolean {
  return serverNames.length === 0 && subnets.length === 0
}

/**
 * The ways without what an earlier one already takes: proxies refuse a listener where two chains match the same name at the same
 * block. A way that keeps nothing is dropped.
 */
export function distinctWays(ways: readonly TcpWay[]): readonly TcpWay[] {
  const taken = new Set<string>()
  return ways.flatMap(way => {
    const names = way.serverNames.length === 0 ? [''] : [...new Set(way.serverNames.map(name => name.toLowerCase()))]
    const subnets = way.subnets.length === 0 ? [''] : [...new Map(way.subnets.map(subnet => [blockOf(subnet), subnet])).values()]
    const freeAt = (name: string): readonly string[] => subnets.filter(subnet => !taken.has(`${name} ${blockOf(subnet)}`))
    const free = names.map(name => ({ name, subnets: freeAt(name) })).filter(entry => entry.subnets.length > 0)
    for (const entry of free) for (const subnet of entry.subnets) taken.add(`${entry.name} ${blockOf(subnet)}`)
    // Names that are free at the same blocks stay together.
    const groups = Map.groupBy(free, entry => entry.subnets.join(' '))
    return [...groups.values()].map(group => ({
      ...way,
      serverNames: group.flatMap(({ name }) => (name === '' ? [] : [name])),
      subnets: (group[0]?.subnets ?? []).filter(subnet => subnet !== ''),
    }))
  })
}

/** `10.1.2.3` is `10.1.2.3/32`, and of `10.1.2.3/24` only `10.1.2.0` counts. */
function blockOf(subnet: string): string {
  const [address = '', length] = subnet.split('/')
  if (address.includes(':')) return length === '128' ? address : subnet
  const bits = length === undefined ? 32 : Number(length)
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - bits)
  return subnet === '' ? '' : `${Math.floor(number / size) * size}/${bits}`
}
