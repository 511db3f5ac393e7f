import type * as FfiModule from 'node:ffi'
import { createRequire } from 'node:module'
import { ipBytes } from './ip-prefix-map.ts'

/** Linux numbers of <sys/socket.h>, <netinet/in.h> and <linux/in6.h>. */
const AF_INET = 2
const AF_INET6 = 10
const SOCK_STREAM = 1
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_MARK = 36
const SOL_IP = 0
const IP_FREEBIND = 15
const IP_TRANSPARENT = 19
const SOL_IPV6 = 41
const IPV6_V6ONLY = 26
const IPV6_TRANSPARENT = 75
const IPV6_FREEBIND = 78

export interface BindOptions {
  readonly transparent: boolean
  readonly freebind: boolean
  /** An IPv6 socket takes no IPv4 clients. */
  readonly ipv6Only: boolean
  /** Of its packets, for rules of the kernel. Needs `CAP_NET_ADMIN`. 0: none. */
  readonly mark?: number
}

/**
 * A TCP socket with options that must be set before it is bound, which Node does not offer. Returns its descriptor: `new Socket({ fd })` or
 * `server.listen({ fd })` takes it. Throws where `node:ffi` is missing, the option is not permitted, or the address is taken.
 */
export function openBoundSocket(host: string, port: number, { transparent, freebind, ipv6Only, mark = 0 }: BindOptions): number {
  const libc = loadLibc()
  const isV6 = host.includes(':')
  const fd = libc.socket(isV6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) throw new Error('no socket can be made')
  const level = isV6 ? SOL_IPV6 : SOL_IP
  const options: Option[] = [{ name: 'SO_REUSEADDR', level: SOL_SOCKET, number: SO_REUSEADDR, value: 1 }]
  if (isV6) options.push({ name: 'IPV6_V6ONLY', level, number: IPV6_V6ONLY, value: ipv6Only ? 1 : 0 })
  if (transparent) options.push({ name: 'IP_TRANSPARENT', level, number: isV6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, value: 1 })
  if (freebind) options.push({ name: 'IP_FREEBIND', level, number: isV6 ? IPV6_FREEBIND : IP_FREEBIND, value: 1 })
  if (mark !== 0) options.push({ name: 'SO_MARK', level: SOL_SOCKET, number: SO_MARK, value: mark })
  const refused = options.find(option => libc.setsockopt(fd, option.level, option.number, int32(option.value), 4) !== 0)
  const address = addressBytes(host, port, isV6)
  if (refused === undefined && libc.bind(fd, address, address.length) === 0) return fd
  libc.close(fd)
  throw new Error(refused === undefined ? 'the address is in use or not available' : `${refused.name} is not permitted`)
}

interface Option {
  readonly name: string
  readonly level: number
  readonly number: number
  readonly value: number
}

/** `struct sockaddr_in` or `sockaddr_in6`. */
function addressBytes(host: string, port: number, isV6: boolean): Buffer {
  const bytes = Buffer.alloc(isV6 ? 28 : 16)
  bytes.writeUInt16LE(isV6 ? AF_INET6 : AF_INET, 0)
  bytes.writeUInt16BE(port, 2)
  bytes.set(ipBytes(host) ?? [], isV6 ? 8 : 4)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

interface Libc {
  socket(family: number, type: number, protocol: number): number
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, length: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  close(fd: number): number
}

let loaded: Libc | null = null

/** `node:ffi` is loaded only here and only on demand: it prints a warning, and other platforms do not have it. */
function loadLibc(): Libc {
  if (loaded !== null) return loaded
  const ffi: typeof FfiModule = createRequire(import.meta.url)('node:ffi')
  const { functions } = ffi.dlopen(null, {
    socket: { return: 'i32', arguments: ['i32', 'i32', 'i32'] },
    setsockopt: { return: 'i32', arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'] },
    bind: { return: 'i32', arguments: ['i32', 'buffer', 'u32'] },
    close: { return: 'i32', arguments: ['i32'] },
  })
  loaded = {
    socket: (family, type, protocol) => Number(functions.socket(family, type, protocol)),
    setsockopt: (fd, level, option, value, length) => Number(functions.setsockopt(fd, level, option, value, length)),
    bind: (fd, address, length) => Number(functions.bind(fd, address, length)),
    close: fd => Number(functions.close(fd)),
  }
  return loaded
}
