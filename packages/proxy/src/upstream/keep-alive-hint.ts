/** A request that leaves in the peer's last second could meet the end of the connection. */
const MARGIN_MS = 1_000

/** Peers that say more than a day mean no limit. */
const LONGEST_HINT_S = 86_400

/**
 * How long a connection may stay unused, in ms, 0 for ever: what is configured, or less where the peer said with
 * `Keep-Alive: timeout=5` (RFC 2068 19.7.1.1) that it closes idle connections earlier. One second is kept clear of the
 * peer's own limit, of short limits half of it. A hint that cannot be read is no hint.
 */
export function idleLimitMs(hint: string, configuredMs: number): number {
  const seconds = Number(/(?:^|[,;\s])timeout\s*=\s*"?(\d{1,6})/i.exec(hint)?.[1] ?? 0)
  if (seconds === 0 || seconds > LONGEST_HINT_S) return configuredMs
  const peerMs = seconds * 1_000
  const limitMs = Math.max(peerMs - MARGIN_MS, peerMs / 2)
  return configuredMs === 0 ? limitMs : Math.min(limitMs, configuredMs)
}
