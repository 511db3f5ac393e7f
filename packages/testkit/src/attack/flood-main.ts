// Floods a port from a process of its own, so that who measures beside it does not wait for itself: flood-main <port> <flood> <ms>.
import { floodConnection } from './flood-connection.ts'
import { HTTP2_FLOODS } from './http2-floods.ts'

const [port = '', name = '', durationMs = ''] = process.argv.slice(2)
const flood = HTTP2_FLOODS.find(each => each.name === name)
if (flood === undefined) throw new Error(`no flood '${name}'`)
const end = performance.now() + Number(durationMs)
const codes: number[] = []
while (performance.now() < end) {
  const done = await floodConnection(Number(port), flood, 5000)
  codes.push(done?.goaway ?? -2)
}
process.send?.({ numbers: codes })
process.disconnect?.()
