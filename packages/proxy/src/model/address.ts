/** Where something listens or is reached. */
export type SocketAddress =
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      /** Of an IPv6 address that is listened on: IPv4 clients are taken as well. */
      readonly ipv4Compat?: true
    }
  | { readonly kind: 'pipe'; readonly path: string }
