import { sleep, systemClock } from '@meshwork/core/time'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { Mesh } from '../backend/mesh.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, ECHO, echoRules, shop, to } from '../mesh/shop.ts'
import { soakChange } from '../mesh/soak-changes.ts'

/** Long form: `MESHWORK_SOAK_SECONDS=600 npm run e2e -- local soak`. */
const SECONDS = Number(process.env['MESHWORK_SOAK_SECONDS'] ?? 20)
const REQUESTS_PER_SECOND = Number(process.env['MESHWORK_SOAK_REQUESTS'] ?? 500)
const CHANGES_PER_SECOND = 10
/** A machine that is too slow makes fewer requests, not a queue of them. */
const MOST_AT_ONCE = 200

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start(shop('soak', { rules: echoRules(`- ${to('v1')}`) }))
  await eventually(async () => expect((await mesh.request(ANN, { host: ECHO })).status).toBe(200))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

it(
  `loses no request in ${SECONDS} s of ${REQUESTS_PER_SECOND} requests/s with ${CHANGES_PER_SECOND} changes/s of all kinds`,
  async () => {
    const deadline = performance.now() + SECONDS * 1000
    const [requests, changes] = await Promise.all([sendUntil(deadline), changeUntil(deadline)])
    const objects = JSON.parse((await mesh.page('pilot', 'debug', '/debug/rejections')).body) as readonly unknown[]
    expect(objects).toEqual([])
    console.log(JSON.stringify({ soak: SECONDS, requests: requests.sent, changes, failures: requests.failures.length }))
    expect(requests.failures.slice(0, 10)).toEqual([])
    // On a busy machine a part of them is enough to prove the point; a stalled mesh would make next to none.
    expect(requests.sent).toBeGreaterThan((SECONDS * REQUESTS_PER_SECOND) / 10)
    expect(changes).toBeGreaterThan((SECONDS * CHANGES_PER_SECOND) / 5)
  },
  (SECONDS + 60) * 1000,
)

async function sendUntil(deadline: number): Promise<{ readonly sent: number; readonly failures: readonly string[] }> {
  const failures: string[] = []
  const pending = new Set<Promise<void>>()
  const began = performance.now()
  let sent = 0
  const send = async (): Promise<void> => {
    const { status, body } = await mesh.request(ANN, { host: ECHO })
    if (status !== 200) failures.push(`${Math.round(performance.now() - began)} ms: ${status} ${body.slice(0, 200)}`)
  }
  while (performance.now() < deadline) {
    const due = ((performance.now() - began) / 1000) * REQUESTS_PER_SECOND
    while (sent < due && pending.size < MOST_AT_ONCE) {
      sent++
      const one = send().finally(() => pending.delete(one))
      pending.add(one)
    }
    await sleep(systemClock, 5)
  }
  await Promise.all(pending)
  return { sent, failures }
}

async function changeUntil(deadline: number): Promise<number> {
  const present = new Set<string>()
  const began = performance.now()
  let made = 0
  for (; performance.now() < deadline; made++) {
    const { name, text } = soakChange(made)
    if (text !== null) await mesh.apply(name, text)
    else if (present.has(name)) await mesh.remove(name)
    if (text === null) present.delete(name)
    else present.add(name)
    const due = began + ((made + 1) * 1000) / CHANGES_PER_SECOND
    await sleep(systemClock, Math.max(0, due - performance.now()))
  }
  return made
}
