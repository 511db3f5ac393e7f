import { isIPv4 } from 'node:net'

/** An IP address of either family as the data of an A or AAAA record. */
export function addressData(address: string): Buffer {
  return isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : ipv6Data(address)
}

const GROUPS = 8

function ipv6Data(address: string): Buffer {
  const [head = '', tail] = withoutDottedEnd(address.replace(/%.*$/, '')).split('::')
  const before = groupsOf(head)
  const after = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: GROUPS - before.length - after.length }, () => '0')
  const data = Buffer.alloc(2 * GROUPS)
  for (const [i, group] of [...before, ...zeros, ...after].entries()) data.writeUInt16BE(Number.parseInt(group, 16), 2 * i)
  return data
}

function groupsOf(part: string): readonly string[] {
  return part === '' ? [] : part.split(':')
}

/** `::ffff:10.0.0.1` ends with an IPv4 address, which is two groups. */
function withoutDottedEnd(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) => {
    const [high, low] = [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)]
    return `${high.toString(16)}:${low.toString(16)}`
  })
}
