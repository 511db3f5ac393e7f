import { err, ok, type Result } from '../result/result.ts'

/** Where a server listens or a client connects: TCP, or a socket in the file system. */
export type SocketAddress =
  | { readonly kind: 'tcp'; readonly host: string; /** 0 to 65535; 0 lets the system choose, for listeners. */ readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** Reads `host:port`, `[v6]:port` or `unix:/path`. */
export function parseSocketAddress(text: string): Result<SocketAddress, string> {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length)
    return path.startsWith('/') ? ok({ kind: 'unix', path }) : err(`'${text}' is not of the form unix:/path`)
  }
  const [, v6, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text) ?? []
  const host = v6 ?? name
  const port = Number(digits)
  if (host === undefined || port > 65_535) return err(`'${text}' is not of the form host:port or unix:/path`)
  return ok({ kind: 'tcp', host, port })
}

/** The text that `parseSocketAddress` reads, which is also what gRPC takes as a target. */
export function formatSocketAddress(address: SocketAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}
