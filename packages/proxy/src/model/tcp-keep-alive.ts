/** `envoy.config.core.v3.TcpKeepalive`. null: what the system says. */
export interface TcpKeepAlive {
  /** Silence before the first probe. */
  readonly idleS: number | null
  readonly intervalS: number | null
  /** Probes without an answer after which the connection is dead. */
  readonly probes: number | null
}
