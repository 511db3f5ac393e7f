import type { TcpProxyPlan } from '../../tcp/tcp-proxy-plan.ts'
import { TcpSession } from '../../tcp/tcp-session.ts'
import type { TerminalFilter } from '../terminal-filter.ts'

/** Bytes: each connection is joined to one of an upstream. A tunnel has no good moment to end, so it ends at the deadline. */
export function tcpTerminal(plan: TcpProxyPlan): TerminalFilter {
  return {
    accept: (transport, connection, onGone) => {
      const session = new TcpSession(transport, connection, plan, onGone)
      session.start()
      return session
    },
    onUnserved: connection => plan.logUnserved(connection),
    drain: () => undefined,
  }
}
