import type { ConnectionPlan } from '../../http/connection-plan.ts'
import { Http1ServerConnection } from '../../http/http1-server-connection.ts'
import type { TerminalFilter } from '../terminal-filter.ts'

/** HTTP: each connection gets a codec, and each of its requests a stream. */
export function httpTerminal(plan: ConnectionPlan): TerminalFilter {
  return {
    accept: (transport, { facts }, onGone) => new Http1ServerConnection(transport, facts, plan, onGone),
    drain: () => {
      plan.draining = true
    },
  }
}
