// Opens connections to 127.0.0.1 as fast as it is told, from several addresses, and keeps them: storm-main <port> <count> <ms>.
import { connect } from 'node:net'

import type { StormReport } from './connection-storm.ts'

const [port = 0, count = 0, durationMs = 0] = process.argv.slice(2).map(Number)
const TICK_MS = 5
const SOURCES = 8
const report: StormReport = { kind: 'storm', opened: 0, failed: 0, ended: 0 }
const began = performance.now()

function open(): void {
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (report.opened % SOURCES)}` })
  report.opened++
  let connected = false
  socket.once('connect', () => (connected = true))
  socket.on('error', () => undefined)
  socket.once('close', () => {
    if (connected) report.ended++
    else report.failed++
  })
  socket.resume()
}

const timer = setInterval(() => {
  const due = Math.min(count, Math.floor(((performance.now() - began) * count) / durationMs))
  while (report.opened < due) open()
  if (report.opened === count) clearInterval(timer)
}, TICK_MS)

process.send?.({ kind: 'ready' })
process.on('message', () => process.send?.(report))
process.once('disconnect', () => process.exit(0))
