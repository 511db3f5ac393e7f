import type { Transport, TransportHandler } from '../../net/transport.ts'
import type { Session, TerminalBlueprint } from '../terminal-filter.ts'

export const DIRECT_RESPONSE = 'envoy.filters.network.direct_response'

/** Says its piece and closes. */
class DirectResponseSession implements TransportHandler, Session {
  readonly details = 'direct_response'
  private readonly transport: Transport
  private readonly onGone: () => void

  constructor(transport: Transport, response: Buffer, onGone: () => void) {
    this.transport = transport
    this.onGone = onGone
    transport.handler = this
    if (response.length > 0) transport.writeFramed('', response, '', false)
    transport.endAndClose()
  }

  onBytes(): void {}
  onFin(): void {}
  onDrain(): void {}

  onClosed(): void {
    this.onGone()
  }

  drain(): void {}

  destroy(): void {
    this.transport.destroy()
  }
}

export function directResponse(response: Buffer): TerminalBlueprint {
  return {
    kind: 'terminal',
    name: DIRECT_RESPONSE,
    compile: () => ({
      accept: (transport, _connection, onGone) => new DirectResponseSession(transport, response, onGone),
      drain: () => undefined,
    }),
  }
}
