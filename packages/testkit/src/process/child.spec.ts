import { existsSync } from 'node:fs'

import { describe, expect, it, onTestFinished } from 'vitest'

import { Child } from './child.ts'

function started(command: readonly string[], ipc: boolean): Child {
  const child = new Child({ name: 'it', command, ipc })
  onTestFinished(() => child.kill())
  return child
}

function node(script: string): Child {
  return started([process.execPath, '-e', script], true)
}

const READY = `process.send({ kind: 'ready' }); setInterval(() => {}, 1000);`

describe('Child', () => {
  it('is ready when the process says so, and keeps what it printed', async () => {
    const child = node(`console.log('hello'); console.error('there'); ${READY}`)
    await child.whenReady()
    expect(child.running()).toBe(true)
    await child.stop()
    expect(child.running()).toBe(false)
    expect(child.log.all()).toContain('hello')
    expect(child.log.all()).toContain('there')
  })

  it('gives a program a file as its output, which can be opened by name', async () => {
    if (!existsSync('/dev/stdout')) return
    const child = node(`require('node:fs').appendFileSync('/dev/stdout', 'by name'); ${READY}`)
    await child.whenReady()
    expect(child.log.all()).toContain('by name')
  })

  it('reports the failure in the words of the process', async () => {
    const child = node(`process.send({ kind: 'failed', code: 'PORT_IN_USE', message: 'port 1 is taken' }); setTimeout(() => {}, 200)`)
    await expect(child.whenReady()).rejects.toMatchObject({ code: 'PORT_IN_USE' })
  })

  it('reports an end before readiness with the last words', async () => {
    const child = node(`console.error('no luck'); process.exit(3)`)
    await expect(child.whenReady()).rejects.toThrow(/ended before it was ready[^]*no luck/)
  })

  it('reports a process that stays silent', async () => {
    const child = node(`setInterval(() => {}, 1000)`)
    await expect(child.whenReady(300)).rejects.toMatchObject({ code: 'NOT_READY' })
  })

  it('reports a program that does not exist', async () => {
    const child = started(['/no/such/program'], false)
    await expect(child.whenReady()).rejects.toMatchObject({ code: 'NOT_STARTED' })
  })

  it('ends a process that ignores SIGTERM', async () => {
    const child = node(`process.on('SIGTERM', () => {}); ${READY}`)
    await child.whenReady()
    await child.kill()
    expect(child.running()).toBe(false)
  })
})
