import { connect } from 'node:net'

import type { DoubtfulRequest } from './doubtful-requests.ts'
import type { Reader } from './readers.ts'
import type { RecordingBackend } from './recording-backend.ts'

const LIMIT_MS = 5000
const SETTLE_MS = 50

/** The request of this number, with a plain one behind it. */
function bytesOf({ bytes }: DoubtfulRequest, index: number): Buffer {
  const own = bytes.replaceAll('/attack', `/case${index}`).replaceAll('HOST', `case${index}.test`)
  return Buffer.from(`${own}GET /case${index}/canary HTTP/1.1\r\nHost: case${index}.test\r\n\r\n`, 'latin1')
}

/**
 * What got through: complete messages in order, or `nothing`; `quietMs` of silence mean that nothing more will. `index` must be new
 * for each call. What a proxy passes on and its backend cannot read counts as `unreadable`.
 */
export async function readBy(reader: Reader<RecordingBackend>, request: DoubtfulRequest, index: number, quietMs: number): Promise<string> {
  await exchange(reader.port, bytesOf(request, index), quietMs)
  const messages = reader.backend.messages(index)
  // Without a proxy before it, not to read it is its verdict.
  const counted = reader.name === 'llhttp' ? messages.filter(message => !message.startsWith('unreadable')) : messages
  return counted.join(' | ') || 'nothing'
}

/** Until the reader closes or has been quiet. */
function exchange(port: number, bytes: Buffer, quietMs: number): Promise<void> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    const finish = (): void => {
      clearTimeout(quiet)
      clearTimeout(limit)
      socket.destroy()
      resolve()
    }
    const limit = setTimeout(finish, LIMIT_MS)
    let quiet = limit
    const wait = (): void => {
      clearTimeout(quiet)
      quiet = setTimeout(finish, quietMs)
    }
    socket.once('connect', wait)
    socket.on('data', wait)
    socket.on('error', () => undefined)
    // What was on its way to the backend may arrive after the end.
    socket.once('close', () => setTimeout(finish, SETTLE_MS))
  })
}
