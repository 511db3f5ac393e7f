import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jsonLogger, silentLogger } from '@meshwork/core/log'
import { ManualClock } from '@meshwork/testkit/clock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ApplicationWatch, type RestartPolicy } from './application-watch.ts'

let proc = ''
let clock: ManualClock
let ended = 0
let watch: ApplicationWatch | null = null

/** A process, by the container to which it belongs. */
function run(pid: number | 'self', container: string): void {
  mkdirSync(join(proc, String(pid)), { recursive: true })
  writeFileSync(join(proc, String(pid), 'cgroup'), `12:memory:/kubepods/pod/${container}\n0::/\n`)
}

function end(pid: number): void {
  rmSync(join(proc, String(pid)), { recursive: true })
}

async function start(restartPolicy: RestartPolicy): Promise<void> {
  watch = new ApplicationWatch({ restartPolicy, ended: () => ended++, clock, log: silentLogger, proc })
  await watch.start()
}

/** In small steps, so that each look sees what is there at its time. */
function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed += 10) clock.advance(10)
}

beforeEach(() => {
  proc = mkdtempSync(join(tmpdir(), 'proc-'))
  clock = new ManualClock()
  ended = 0
  run(1, 'pause')
  run('self', 'proxy')
  run(7, 'proxy')
})
afterEach(async () => {
  await watch?.close()
  expect(clock.pendingTimers).toBe(0)
  rmSync(proc, { recursive: true })
})

describe('the end of an application', () => {
  it('is that of its last process, under Never', async () => {
    await start('Never')
    pass(60_000)
    expect(ended).toBe(0)
    run(20, 'app')
    run(21, 'other')
    pass(1000)
    end(20)
    pass(10_000)
    expect(ended).toBe(0)
    end(21)
    pass(2000)
    expect(ended).toBe(1)
  })

  it('is seen of one that lives for a moment', async () => {
    await start('Never')
    run(20, 'app')
    pass(40)
    end(20)
    pass(2000)
    expect(ended).toBe(1)
  })

  it('is not that of a command in our own container, also not while it enters it', async () => {
    await start('Never')
    run(30, 'proxy')
    pass(500)
    end(30)
    run(31, 'runtime')
    pass(10)
    run(31, 'proxy')
    pass(500)
    end(31)
    pass(60_000)
    expect(ended).toBe(0)
  })

  it('waits under OnFailure for as long as the kubelet takes to start a container that failed', async () => {
    await start('OnFailure')
    for (const [pid, backOffMs] of [
      [20, 0],
      [21, 10_000],
      [22, 20_000],
      [23, 40_000],
    ] as const) {
      pass(backOffMs)
      run(pid, 'app')
      pass(1000)
      end(pid)
      pass(1000)
      expect(ended).toBe(0)
    }
    pass(90_000)
    expect(ended).toBe(1)
  })

  it('comes 15 seconds after the first under OnFailure', async () => {
    await start('OnFailure')
    run(20, 'app')
    pass(1000)
    end(20)
    pass(14_000)
    expect(ended).toBe(0)
    pass(2000)
    expect(ended).toBe(1)
  })
})

it('says so where processes are not shared', async () => {
  const lines: string[] = []
  run(1, 'proxy')
  const log = jsonLogger('test', 'info', line => void lines.push(line))
  await new ApplicationWatch({ restartPolicy: 'Never', ended: () => ended++, clock, log, proc }).start()
  expect(lines).toEqual([expect.stringContaining('shareProcessNamespace')])
})
