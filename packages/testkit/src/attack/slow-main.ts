// Slow clients in a process of their own: slow-main <port> <name> <count> <limit in ms>.
import { SLOW_CLIENTS, SLOW_HTTP2_CLIENTS, slowClients } from './slow-clients.ts'

const [port = '', name = '', count = '', limitMs = ''] = process.argv.slice(2)
const client = [...SLOW_CLIENTS, ...SLOW_HTTP2_CLIENTS].find(each => each.name === name)
if (client === undefined) throw new Error(`no slow client '${name}'`)
const times = await slowClients(Number(port), client, Number(count), Number(limitMs))
process.send?.({ numbers: times })
process.disconnect?.()
