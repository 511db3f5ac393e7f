import type { SocketAddress } from '../model/address.ts'

/** `10.0.0.1:80`, `[::1]:80` or the path of a pipe. The key under which hosts and bound sockets are compared. */
export function addressText(address: SocketAddress): string {
  if (address.kind === 'pipe') return address.path
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** An IPv4 address that came in over an IPv6 socket is shown as IPv4. */
export function plainIp(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
