import { violation, type Violation } from '@meshwork/core/result'
import { isIP } from 'node:net'

export function checkPort(path: string, port: number | undefined): readonly Violation[] {
  if (port === undefined || (port >= 1 && port <= 65_535)) return []
  return [violation(path, 'bad-port', `port ${port} is not in the range 1 to 65535`)]
}

/** An IP address of either family, or a block of addresses in CIDR notation. */
export function checkSubnet(path: string, text: string): readonly Violation[] {
  return isSubnet(text) ? [] : [violation(path, 'bad-address', `'${text}' is neither an IP address nor a CIDR block`)]
}

export function isSubnet(text: string): boolean {
  // Node takes addresses with a zone (`fe80::1%eth0`), which mean nothing to another machine.
  if (text.includes('%')) return false
  const slash = text.indexOf('/')
  if (slash < 0) return isIP(text) !== 0
  const family = isIP(text.slice(0, slash))
  const bits = text.slice(slash + 1)
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
}

/** `unix:///absolute/path`, or `unix://@abstract`. */
export function isUnixAddress(text: string): boolean {
  return /^unix:\/\/[/@].+/.test(text)
}
