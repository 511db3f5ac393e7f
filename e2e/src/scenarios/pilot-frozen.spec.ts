import { sleep, systemClock } from '@meshwork/core/time'
import { BackendProcess, CountedLoad, figures, nowMs, tally } from '@meshwork/testkit/faults'
import { expect, it } from 'vitest'

import { eventually } from '../mesh/eventually.ts'
import { OutageMesh } from '../mesh/outage-mesh.ts'

/** The row asks for a minute at 2,000 requests a second: `MESHWORK_FREEZE_SECONDS=60 MESHWORK_OUTAGE_RATE=2000`. */
const FREEZE_MS = Number(process.env['MESHWORK_FREEZE_SECONDS'] ?? 16) * 1000
const RATE = Number(process.env['MESHWORK_OUTAGE_RATE'] ?? 50)
/** Of the row; and what a machine with other work may take to give the proxy its turn. */
const DETECT_MS = 15_000
const SLACK_MS = 2_000
/** Long enough for the stream to have nothing to say when pilot stops. */
const BEFORE_MS = 500

it(
  '[failure-2] pilot stands still under load: proxies lose no request, notice by keep-alive, and follow it again when it goes on',
  { timeout: FREEZE_MS * 2 + 60_000 },
  async () => {
    await using backend = await BackendProcess.start({ name: 'backend' })
    await using mesh = await OutageMesh.start(backend.port)
    const entry = await mesh.addProxy('old', 'meshwork')
    await eventually(() => mesh.expectServed(entry), 20_000)
    const load = new CountedLoad({ port: entry, ratePerSecond: RATE, host: OutageMesh.host, connections: 4 })
    await sleep(systemClock, BEFORE_MS)

    const before = lostStreams(mesh.logOf('old'))
    const frozenAt = nowMs()
    mesh.freezePilot()
    await eventually(() => expect(lostStreams(mesh.logOf('old'))).toBeGreaterThan(before), DETECT_MS + SLACK_MS)
    const detectMs = nowMs() - frozenAt
    await sleep(systemClock, Math.max(0, FREEZE_MS - detectMs))
    mesh.thawPilot()
    await eventually(async () => expect(await mesh.synced()).toEqual(['old.default']), 20_000)
    const { sent, lost } = tally(await load.stop(), [], frozenAt)
    figures('failure-2', { sent, lost: lost.length, detectMs })
    expect(lost).toEqual([])
    expect(detectMs).toBeLessThan(DETECT_MS + SLACK_MS)
    await mesh.answerWith(418)
    await eventually(async () => expect((await mesh.call(entry)).status).toBe(418), 10_000)
  },
)

/** Streams to pilot that were lost; nobody serves secrets here, and the proxy says so all the time. */
function lostStreams(log: string): number {
  return log.split('\n').filter(line => line.includes('xds stream lost') && !line.includes('No connection established')).length
}
