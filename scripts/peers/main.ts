// `npm run peers [-- NAME…]`: fetches the real programs that tests and benchmarks use, by the package clients of their registries.
import { mkdirSync } from 'node:fs'
import { locate, peersFolder } from './peer.ts'
import { peers } from './table.ts'

const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !peers.some(peer => peer.name === name))
if (unknown.length > 0) {
  process.stderr.write(`peers: no such peer: ${unknown.join(', ')}; one of ${peers.map(peer => peer.name).join(', ')}\n`)
  process.exit(2)
}
mkdirSync(peersFolder, { recursive: true })
let missing = 0
for (const peer of peers) {
  if (wanted.length > 0 ? !wanted.includes(peer.name) : peer.isOnDemand === true) continue
  let reason: string | undefined
  if (locate(peer) === undefined) reason = await peer.fetch(peersFolder)
  const path = locate(peer)
  if (path === undefined) missing++
  process.stdout.write(
    `${path === undefined ? '✘' : '✔'} ${peer.name.padEnd(14)} ${path ?? reason ?? 'installed, but its program is not where it was expected'} (${peer.purpose})\n`,
  )
}
process.exit(missing === 0 ? 0 : 1)
