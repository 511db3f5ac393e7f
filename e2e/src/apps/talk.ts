// Talks to an application and prints what came back as JSON, for where the test itself cannot be: `talk grpc|websocket HOST:PORT`.
import { CounterClient } from './grpc-counter.ts'
import { echoOverWebSocket } from './websocket-client.ts'

const [kind, target = ''] = process.argv.slice(2)

async function overGrpc(): Promise<object> {
  const client = new CounterClient(target)
  const once = await client.once({ text: 'a', count: 7 })
  const stream = await client.stream({ text: 'x'.repeat(1_000), count: 200 })
  const both = await client.both(Array.from({ length: 20 }, (_, count) => ({ text: 'ping', count })))
  client.close()
  return { once, stream: stream.length, both: both.length }
}

const heard = kind === 'grpc' ? await overGrpc() : await echoOverWebSocket(`ws://${target}/`, 20)
// The application answers no closing frame: the connection would keep this process.
process.stdout.write(JSON.stringify(heard), () => process.exit())
