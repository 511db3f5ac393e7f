import type { Transport, TransportHandler } from '../../net/transport.ts'
import type { Session, TerminalBlueprint } from '../terminal-filter.ts'

export const ECHO = 'envoy.filters.network.echo'

/** Sends back what it gets, no faster than the client takes it. */
class EchoSession implements TransportHandler, Session {
  private readonly transport: Transport
  private readonly onGone: () => void

  constructor(transport: Transport, onGone: () => void) {
    this.transport = transport
    this.onGone = onGone
    transport.handler = this
  }

  onBytes(bytes: Buffer, from: number, to: number): void {
    this.transport.writeFramed('', bytes.subarray(from, to), '', this.transport.reusesBuffer)
    if (this.transport.congested) this.transport.pause()
  }

  onFin(): void {
    this.transport.endAndClose()
  }

  onDrain(): void {
    this.transport.resume()
  }

  onClosed(): void {
    this.onGone()
  }

  drain(): void {
    this.transport.endAndClose()
  }

  destroy(): void {
    this.transport.destroy()
  }
}

export const echo: TerminalBlueprint = {
  kind: 'terminal',
  name: ECHO,
  compile: () => ({
    accept: (transport, _connection, onGone) => new EchoSession(transport, onGone),
    drain: () => undefined,
  }),
}
