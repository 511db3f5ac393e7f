// `npm run bench [-- NAME…] [-- --quick] [--page FILE]`: measurements side by side with the real peers. One JSON object a line.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { tcpBulk, tlsBulk } from './bulk/run.ts'
import { configChange } from './config-change/run.ts'
import { connect, handshake } from './connections/run.ts'
import { http1Forward } from './http1-forward/run.ts'
import { http1Full } from './http1-full/run.ts'
import { grpcUnary, http2Forward } from './http2-forward/run.ts'
import { latency } from './latency/run.ts'
import { localUp } from './local-up/run.ts'
import { memory } from './memory/run.ts'
import { mtlsPair } from './mtls-pair/run.ts'
import { type Line, performancePage } from './page/performance-page.ts'
import { pilotGenerate } from './pilot/generate.ts'
import { pilotChurn, pilotEdit, pilotEndpoint, pilotFull, pilotStorm } from './pilot/run.ts'
import { routes10k } from './routes-10k/run.ts'

/** All benches by name. `quick` gives rough figures in a short time. */
const benches: Readonly<Record<string, (quick: boolean) => AsyncIterable<object>>> = {
  'http1-forward': http1Forward,
  'http1-full': http1Full,
  'mtls-pair': mtlsPair,
  'http2-forward': http2Forward,
  'grpc-unary': grpcUnary,
  'tcp-bulk': tcpBulk,
  'tls-bulk': tlsBulk,
  handshake,
  connect,
  'routes-10k': routes10k,
  latency,
  memory,
  'local-up': localUp,
  'config-change': configChange,
  'pilot-endpoint': pilotEndpoint,
  'pilot-full': pilotFull,
  'pilot-edit': pilotEdit,
  'pilot-storm': pilotStorm,
  'pilot-generate': pilotGenerate,
  'pilot-churn': pilotChurn,
}

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, page: { type: 'string' } },
})
const unknown = names.filter(name => benches[name] === undefined)
if (unknown.length > 0) {
  process.stderr.write(`no bench '${unknown.join("', '")}'\n  next: choose among ${Object.keys(benches).join(', ')}\n`)
  process.exit(1)
}

const printed: Line[] = []
function print(line: object): void {
  printed.push({ ...line })
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

for (const [name, run] of Object.entries(benches)) {
  if (names.length > 0 && !names.includes(name)) continue
  try {
    for await (const line of run(values.quick)) print(line)
  } catch (error) {
    print({ bench: name, error: error instanceof Error ? error.message : String(error) })
    process.exitCode = 1
  }
}
if (values.page !== undefined) {
  const before = existsSync(values.page) ? readFileSync(values.page, 'utf8') : ''
  writeFileSync(values.page, performancePage(printed, new Date().toISOString().slice(0, 10), before))
}
