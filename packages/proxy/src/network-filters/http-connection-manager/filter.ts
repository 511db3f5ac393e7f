import type { ConnectionPlan } from '../../http/connection-plan.ts'
import { serveHttp } from '../../http/serve-http.ts'
import type { TerminalFilter } from '../terminal-filter.ts'

/** HTTP: each connection gets a codec, and each of its requests a stream. */
export function httpTerminal(plan: ConnectionPlan): TerminalFilter {
  return {
    accept: (transport, { facts }, onGone) => serveHttp(transport, facts, plan, onGone),
    drain: () => {
      plan.draining = true
    },
  }
}
