import type * as FfiModule from 'node:ffi'
import { createRequire } from 'node:module'
import type { TcpKeepAlive } from '../model/tcp-keep-alive.ts'

/** Linux numbers of <sys/socket.h> and <netinet/tcp.h>. */
const SOL_SOCKET = 1
const SO_KEEPALIVE = 9
const IPPROTO_TCP = 6
const TCP_KEEPIDLE = 4
const TCP_KEEPINTVL = 5
const TCP_KEEPCNT = 6
const TCP_USER_TIMEOUT = 18

/** What Linux does unless told otherwise (tcp(7)). */
const SYSTEM = { idleS: 7200, intervalS: 75, probes: 9 }

type SetOption = (fd: number, level: number, option: number, value: number) => void

let setOption: SetOption | null | undefined = undefined

/**
 * Makes the system end the connection when its peer is silent. Probes are sent while nothing else is; for bytes that nobody
 * acknowledges, which the system would repeat for a quarter of an hour, the same time is set as TCP_USER_TIMEOUT (RFC 5482), which Envoy
 * leaves out. False: it cannot be done here.
 */
export function keepAlive(fd: number, { idleS, intervalS, probes }: TcpKeepAlive): boolean {
  if (setOption === undefined) setOption = loadSetOption()
  if (setOption === null || fd < 0) return false
  setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1)
  if (idleS !== null) setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, idleS)
  if (intervalS !== null) setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, intervalS)
  if (probes !== null) setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, probes)
  setOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, silenceMs({ idleS, intervalS, probes }))
  return true
}

/** After so much silence a connection is dead; within what the option takes. */
export function silenceMs({ idleS, intervalS, probes }: TcpKeepAlive): number {
  const seconds = (idleS ?? SYSTEM.idleS) + (intervalS ?? SYSTEM.intervalS) * (probes ?? SYSTEM.probes)
  return Math.min(seconds * 1000, 2 ** 31 - 1)
}

/** `node:ffi` is loaded only on demand: it prints a warning, and other platforms do not have it. */
function loadSetOption(): SetOption | null {
  try {
    const ffi: typeof FfiModule = createRequire(import.meta.url)('node:ffi')
    const { functions } = ffi.dlopen(null, { setsockopt: { return: 'i32', arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'] } })
    const bytes = Buffer.alloc(4)
    return (fd, level, option, value) => {
      bytes.writeInt32LE(value)
      functions.setsockopt(fd, level, option, bytes, bytes.length)
    }
  } catch {
    return null
  }
}
