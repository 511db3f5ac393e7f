import type * as FfiModule from 'node:ffi'
import { createRequire } from 'node:module'
import { SocketAddress } from 'node:net'

/** Where a redirected connection wanted to go before iptables changed its destination; null when it was not redirected. */
export interface OriginalDestination {
  of(fileDescriptor: number): { readonly host: string; readonly port: number } | null
}

const SOL_IP = 0
const SOL_IPV6 = 41
const SO_ORIGINAL_DST = 80
const ADDRESS_BYTES = 28

type GetSockOpt = (fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array) => unknown

/** Reads `SO_ORIGINAL_DST` through `node:ffi` (Node 26 on Linux); where that is missing every connection counts as direct. */
export function systemOriginalDestination(): OriginalDestination {
  let getsockopt: GetSockOpt | null | undefined = undefined
  return {
    of: fd => {
      if (getsockopt === undefined) getsockopt = loadGetSockOpt()
      if (getsockopt === null || fd < 0) return null
      return read(getsockopt, fd, SOL_IP) ?? read(getsockopt, fd, SOL_IPV6)
    },
  }
}

function read(getsockopt: GetSockOpt, fd: number, level: number): { host: string; port: number } | null {
  const address = Buffer.alloc(ADDRESS_BYTES)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(ADDRESS_BYTES)
  if (Number(getsockopt(fd, level, SO_ORIGINAL_DST, address, length)) !== 0) return null
  const port = address.readUInt16BE(2)
  if (level === SOL_IP) return { host: address.subarray(4, 8).join('.'), port }
  const groups = Array.from({ length: 8 }, (_, i) => address.readUInt16BE(8 + i * 2).toString(16))
  // The form that other addresses have: compressed.
  return { host: new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address, port }
}

/** `node:ffi` is loaded only here and only on demand: it prints a warning, and other platforms do not have it. */
function loadGetSockOpt(): GetSockOpt | null {
  try {
    const ffi: typeof FfiModule = createRequire(import.meta.url)('node:ffi')
    const { functions } = ffi.dlopen(null, {
      getsockopt: { return: 'i32', arguments: ['i32', 'i32', 'i32', 'buffer', 'buffer'] },
    })
    return (fd, level, option, value, length) => functions.getsockopt(fd, level, option, value, length)
  } catch {
    return null
  }
}
