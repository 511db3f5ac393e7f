import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StatsRegistry } from '@meshwork/core/metrics'
import { systemClock } from '@meshwork/core/time'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LogFile } from './log-file.ts'
import { LogStats } from './log-stats.ts'

describe('a log file', () => {
  let folder = ''
  let stats = new StatsRegistry()
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshwork-log-'))
    stats = new StatsRegistry()
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  function file(path: string): LogFile {
    return new LogFile(path, systemClock, new LogStats(stats))
  }

  function figure(name: string): number {
    const found = [...stats.metrics()].find(metric => metric.name === `filesystem.${name}`)
    return found === undefined || found.kind === 'histogram' ? Number.NaN : stats.value(found.slot)
  }

  it('gets every line, in order, also a million characters at once', async () => {
    const path = join(folder, 'log')
    const log = file(path)
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i} ${'x'.repeat(50)}\n`)
    for (const line of lines) log.append(line)
    await log.close(5000)
    expect(readFileSync(path, 'utf8')).toBe(lines.join(''))
    expect([figure('lines_written'), figure('lines_dropped'), figure('write_total_buffered')]).toEqual([20_000, 0, 0])
  })

  it('counts lines that a folder that does not exist cannot take', async () => {
    const log = file(join(folder, 'none', 'log'))
    for (let i = 0; i < 10; i++) log.append('line\n')
    await log.close(5000)
    expect([figure('lines_written'), figure('lines_dropped')]).toEqual([0, 10])
  })

  it('waits for the reader of a full pipe, drops beyond its bound, and leaves no line without its end', async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const log = file(path)
    const line = `${'x'.repeat(999)}\n`
    const count = 20_000
    for (let i = 0; i < count; i++) log.append(line)
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(figure('lines_dropped')).toBeGreaterThan(2000)
    let text = ''
    const closed = log.close(5000).then(() => true)
    while (!(await Promise.race([closed, new Promise<boolean>(resolve => setTimeout(() => resolve(false), 1))]))) text += drain(reader)
    text += drain(reader)
    closeSync(reader)
    const whole = text.split('\n').filter(part => part !== '')
    expect(whole.every(part => part.length === 999)).toBe(true)
    expect(whole.length).toBe(figure('lines_written'))
    expect(figure('lines_written') + figure('lines_dropped')).toBe(count)
  }, 20_000)

  it('stops in time when nobody reads the pipe, and counts what is left', async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const log = file(path)
    for (let i = 0; i < 10; i++) log.append('line\n')
    const began = performance.now()
    await log.close(200)
    expect(performance.now() - began).toBeLessThan(2000)
    expect([figure('lines_written'), figure('lines_dropped')]).toEqual([0, 10])
  })
})

function drain(descriptor: number): string {
  const bytes = Buffer.alloc(1 << 20)
  try {
    return bytes.toString('latin1', 0, readSync(descriptor, bytes))
  } catch {
    return ''
  }
}
