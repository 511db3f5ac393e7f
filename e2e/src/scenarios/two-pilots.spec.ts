import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { sleep, systemClock } from '@meshwork/core/time'
import { figures } from '@meshwork/testkit/faults'
import { adminPage } from '@meshwork/testkit/mesh'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, startProgram } from '@meshwork/testkit/process'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { HttpCaller } from '../backend/http-call.ts'
import { eventually } from '../mesh/eventually.ts'
import { Switchboard } from '../mesh/switchboard.ts'

const HOST = 'service.test'
const POD = 'client.default'
/** The proxy believes after five seconds that a pilot which is behind means it. */
const BELIEVED_LIMIT_MS = 20_000
/** Less than these five seconds. */
const BEHIND_MS = 300
/** A stream that lasted so long ends the proxy's doubts. */
const SOUND_MS = 1_200

let resources: AsyncDisposableStack
let folder = ''

beforeEach(() => {
  resources = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'mesh-pilots-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
})
afterEach(() => resources.disposeAsync())

/** A pilot with a copy of the configuration for itself. */
class Pilot {
  readonly xds: number
  private readonly http: number
  private readonly config: string

  private constructor(config: string, xds: number, http: number) {
    this.config = config
    this.xds = xds
    this.http = http
  }

  static async start(name: string, entry: number, answer: string): Promise<Pilot> {
    const [xds = 0, http = 0] = await freePorts(2)
    const pilot = new Pilot(join(folder, name), xds, http)
    mkdirSync(pilot.config)
    writeFileSync(join(pilot.config, 'sidecar.yaml'), sidecar(entry))
    pilot.write(answer)
    const args = ['--config-dir', pilot.config, '--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`]
    await resources.use(startProgram(builtProgram('pilot/main'), { name, args })).whenReady()
    return pilot
  }

  /** The service answers this from now on. */
  write(answer: string): void {
    writeFileSync(join(this.config, 'service.yaml'), service(answer))
  }

  /** Whether the proxy is connected, and has all that this pilot has. */
  async isFollowed(): Promise<boolean> {
    const rows: readonly { readonly pod: string; readonly rds: { readonly state: string } }[] = JSON.parse(
      (await adminPage(`127.0.0.1:${this.http}`, '/debug/syncz')).body,
    )
    return rows.some(({ pod, rds }) => pod === POD && rds.state === 'SYNCED')
  }
}

/** Asks again and again; keeps each answer that differs from the one before. */
class Watcher {
  readonly answers: string[] = []
  private readonly caller = new HttpCaller()
  private readonly port: number
  private running = true
  private readonly done: Promise<void>

  constructor(port: number) {
    this.port = port
    this.done = this.run()
  }

  get last(): string {
    return this.answers.at(-1) ?? ''
  }

  /** How often what had been replaced was answered again. */
  get flaps(): number {
    return this.answers.length - new Set(this.answers).size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.running = false
    await this.done
    this.caller.close()
  }

  private async run(): Promise<void> {
    while (this.running) {
      const { status, body } = await this.caller.call({
        port: this.port,
        method: 'GET',
        target: '/',
        headers: { host: HOST },
        body: undefined,
      })
      if (status === 200 && body !== this.last) this.answers.push(body)
      await sleep(systemClock, POLL_MS)
    }
  }
}

const POLL_MS = 10

/** Two pilots with this answer, and a proxy of the first. */
async function startWith(answer: string): Promise<{ first: Pilot; second: Pilot; board: Switchboard; watcher: Watcher }> {
  const [entry = 0, admin = 0] = await freePorts(2)
  const [first, second] = await Promise.all([Pilot.start('first', entry, answer), Pilot.start('second', entry, answer)])
  const board = resources.use(await Switchboard.listen(first.xds))
  const args = [
    ...['--node', `sidecar~127.0.0.1~${POD}~default.svc.cluster.local`, '--namespace', 'default', '--interception', 'NONE'],
    ...['--xds', `127.0.0.1:${board.port}`, '--admin', `127.0.0.1:${admin}`, '--sds', `unix:${join(folder, 'nobody.sock')}`],
  ]
  // Without a certificate it is never ready, but serves.
  resources
    .use(startProgram(builtProgram('proxy/main'), { name: 'proxy', args }))
    .whenReady()
    .catch(() => undefined)
  const watcher = resources.use(new Watcher(entry))
  await eventually(() => expect(watcher.last).toBe(answer), 20_000)
  return { first, second, board, watcher }
}

it('[failure-37] a change that one of two pilots has not seen is not undone, however often the stream goes from one to the other', async () => {
  const { first, second, board, watcher } = await startWith('one')
  first.write('two')
  await eventually(() => expect(watcher.last).toBe('two'))
  for (let turn = 0; turn < 3; turn++) {
    board.turnTo(second.xds)
    await sleep(systemClock, BEHIND_MS)
    board.turnTo(first.xds)
    await eventually(async () => expect(await first.isFollowed()).toBe(true))
    await sleep(systemClock, SOUND_MS)
  }
  board.turnTo(second.xds)
  await sleep(systemClock, BEHIND_MS)
  second.write('two')
  await eventually(async () => expect(await second.isFollowed()).toBe(true))
  second.write('three')
  await eventually(() => expect(watcher.last).toBe('three'))
  figures('failure-37 two pilots', { changes: 2, flaps: watcher.flaps })
  expect(watcher.answers).toEqual(['one', 'two', 'three'])
})

it('[failure-37] who writes last wins: going back is a change like any other, also by the other pilot', { timeout: 60_000 }, async () => {
  const { first, second, board, watcher } = await startWith('one')
  first.write('two')
  await eventually(() => expect(watcher.last).toBe('two'))
  first.write('one')
  await eventually(() => expect(watcher.last).toBe('one'), 2_000)
  first.write('two')
  await eventually(() => expect(watcher.last).toBe('two'), 2_000)
  // A pilot that stays behind was rolled back.
  board.turnTo(second.xds)
  const tookMs = await eventually(() => expect(watcher.last).toBe('one'), BELIEVED_LIMIT_MS)
  figures('failure-37 rolled back', { changes: 4, answers: watcher.answers.length, tookMs })
  expect(watcher.answers).toEqual(['one', 'two', 'one', 'two', 'one'])
})

function sidecar(entry: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: client, namespace: default}
spec:
  egress: [{port: {number: ${entry}, protocol: HTTP_PROXY, name: http-proxy}, bind: 127.0.0.1, captureMode: NONE, hosts: ["*/*"]}]
`
}

function service(answer: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: service, namespace: default}
spec: {hosts: [${HOST}], resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 127.0.0.1}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: service, namespace: default}
spec: {hosts: [${HOST}], http: [{directResponse: {status: 200, body: {string: ${answer}}}}]}
`
}
