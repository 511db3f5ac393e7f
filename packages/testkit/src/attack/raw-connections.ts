import { connect, type Socket } from 'node:net'

/** What became of one of many connections. */
export interface HeldConnection {
  readonly socket: Socket
  /** The peer ended it. */
  closed: boolean
}

/** Opens connections one after the other, and keeps them; each counts as closed when the peer ends it. */
export async function holdConnections(port: number, count: number): Promise<readonly HeldConnection[]> {
  const held: HeldConnection[] = []
  for (let i = 0; i < count; i++) held.push(await hold(port))
  return held
}

function hold(port: number): Promise<HeldConnection> {
  return new Promise(resolve => {
    const held: HeldConnection = { socket: connect(port, '127.0.0.1'), closed: false }
    const { socket } = held
    socket.on('error', () => undefined)
    socket.on('data', () => undefined)
    socket.once('close', () => {
      held.closed = true
      resolve(held)
    })
    socket.once('connect', () => resolve(held))
  })
}

export function release(held: readonly HeldConnection[]): void {
  for (const { socket } of held) socket.destroy()
}
