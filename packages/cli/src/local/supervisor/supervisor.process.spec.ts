import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { systemClock } from '@meshwork/core/time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ProcessPlan, ProcessRole, ProgramPlan } from '../plan/mesh-plan.ts'
import { allocatePorts } from '../ports/allocate-ports.ts'
import { identityOf } from '../state/process-identity.ts'
import type { ProcessEvent } from './supervised-process.ts'
import { Supervisor } from './supervisor.ts'

/** A program that keeps the contract of `runProcess`: ready by IPC, stops on SIGTERM, notes both in a file. */
const MODULE = `
import { appendFileSync } from 'node:fs'
const [name, record, mode] = process.argv.slice(2)
const note = text => appendFileSync(record, text + ' ' + name + '\\n')
if (mode === 'fail') { process.send({ kind: 'failed', code: 'PORT_IN_USE', message: 'port 1 is taken', nextStep: 'free it' }); process.exit(1) }
if (mode === 'exit') process.exit(7)
setInterval(() => {}, 1000)
process.on('SIGTERM', () => { note('stopped'); process.exit(0) })
process.on('disconnect', () => process.exit(0))
setTimeout(() => { note('ready'); process.send({ kind: 'ready' }) }, 30)
`

let folder = ''
let record = ''
let running: Supervisor | undefined
const events: (readonly [string, ProcessEvent])[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshwork-supervisor-'))
  record = join(folder, 'record')
  events.length = 0
  await writeFile(join(folder, 'module.mjs'), MODULE)
  await writeFile(record, '')
})
afterEach(async () => {
  await running?.stop()
  running = undefined
  await rm(folder, { recursive: true, force: true })
})

function plan(name: string, role: ProcessRole, program: ProgramPlan, after: readonly string[] = []): ProcessPlan {
  return { name, role, program, env: {}, after, ports: {}, identity: null }
}

function module(name: string, mode = 'run'): ProgramPlan {
  return { kind: 'module', module: pathToFileURL(join(folder, 'module.mjs')).href, args: [name, record, mode] }
}

function supervise(...plans: ProcessPlan[]): Supervisor {
  running = new Supervisor(plans, {
    clock: systemClock,
    cwd: folder,
    env: process.env,
    logs: folder,
    onEvent: (name, event) => events.push([name, event]),
    onChange: () => undefined,
  })
  return running
}

async function recorded(): Promise<readonly string[]> {
  return (await readFile(record, 'utf8')).trim().split('\n')
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  await expect.poll(what, { timeout: 8000, interval: 10 }).toBe(true)
}

describe('Supervisor', () => {
  it('starts what others need first, and stops in the order of roles', async () => {
    const mesh = supervise(
      plan('sidecar/a', 'sidecar', module('sidecar'), ['pilot']),
      plan('pilot', 'pilot', module('pilot'), ['citadel']),
      plan('citadel', 'citadel', module('citadel')),
      plan('gateway', 'gateway', module('gateway'), ['pilot']),
    )
    await mesh.start()
    const [first, second, ...others] = await recorded()
    expect([first, second]).toEqual(['ready citadel', 'ready pilot'])
    expect(others.toSorted()).toEqual(['ready gateway', 'ready sidecar'])
    const pids = mesh.statuses().map(each => each.process?.pid ?? 0)
    await mesh.stop()
    expect((await recorded()).slice(4)).toEqual(['stopped gateway', 'stopped sidecar', 'stopped pilot', 'stopped citadel'])
    expect(await Promise.all(pids.map(identityOf))).toEqual([undefined, undefined, undefined, undefined])
  })

  it('starts a killed process again and says what happened', async () => {
    const mesh = supervise(plan('pilot', 'pilot', module('pilot')))
    await mesh.start()
    const before = mesh.statuses()[0]?.process?.pid ?? 0
    process.kill(before, 'SIGKILL')
    await until(() => mesh.statuses()[0]?.restarts === 1)
    expect(events).toEqual([
      ['pilot', { kind: 'ended', how: 'killed by SIGKILL', againInMs: expect.any(Number) }],
      ['pilot', { kind: 'restarted', restarts: 1 }],
    ])
    expect(mesh.statuses()[0]).toMatchObject({ phase: 'running' })
    expect(mesh.statuses()[0]?.process?.pid).not.toBe(before)
  })

  it('passes on why a process could not start, with its code', async () => {
    const mesh = supervise(plan('pilot', 'pilot', module('pilot', 'fail')), plan('sidecar/a', 'sidecar', module('sidecar'), ['pilot']))
    await expect(mesh.start()).rejects.toMatchObject({ code: 'PORT_IN_USE', message: 'pilot: port 1 is taken', nextStep: 'free it' })
    expect(mesh.statuses()[1]?.process).toBeNull()
  })

  it('names the log of a process that ends without a word', async () => {
    const mesh = supervise(plan('sidecar/a', 'sidecar', module('a', 'exit')))
    await expect(mesh.start()).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('ended with code 7'),
      nextStep: expect.stringContaining('sidecar.a.log'),
    })
  })

  it('reports a command that is not there', async () => {
    const mesh = supervise(plan('app/a', 'app', { kind: 'command', argv: ['/no/such/program'], cwd: folder, port: 1 }))
    await expect(mesh.start()).rejects.toMatchObject({ code: 'START_FAILED', message: expect.stringContaining('ENOENT') })
  })

  it('waits for the port of a foreign program, and ends all that it started', async () => {
    const [port = 0] = (await allocatePorts([{ name: 'app', wish: { kind: 'any' } }])).values()
    const server = `require('net').createServer().listen(${port}, '127.0.0.1')`
    const script = `sleep 1000 & echo $! > ${record}; exec ${process.execPath} -e "${server}"`
    const mesh = supervise(plan('app/a', 'app', { kind: 'command', argv: ['/bin/sh', '-c', script], cwd: folder, port }))
    await mesh.start()
    const grandchild = Number((await recorded())[0])
    expect(await identityOf(grandchild)).toBeDefined()
    await mesh.stop()
    await until(async () => (await identityOf(grandchild)) === undefined)
  })

  it('leaves no guard process behind', async () => {
    const mesh = supervise(
      plan('app/a', 'app', { kind: 'command', argv: [process.execPath, '-e', 'setInterval(()=>{},9)'], cwd: folder, port: 1 }),
    )
    const starting = expect(mesh.start()).rejects.toMatchObject({ code: 'START_FAILED' })
    await until(() => mesh.statuses()[0]?.process?.pid !== undefined)
    await mesh.stop()
    await starting
    const all = execFileSync('ps', ['-ax', '-o', 'ppid=,args='], { encoding: 'utf8' }).split('\n')
    expect(all.filter(line => line.trim().startsWith(`${process.pid} `) && line.includes('group-guard'))).toEqual([])
  })
})
