import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'

const lifecycle = fileURLToPath(new URL('../../dist/lifecycle/index.js', import.meta.url))
const result = fileURLToPath(new URL('../../dist/result/index.js', import.meta.url))
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function program(body: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'meshwork-process-'))
  folders.push(folder)
  const file = join(folder, 'main.mjs')
  writeFileSync(file, `import { runProcess } from '${lifecycle}'\nimport { MeshError } from '${result}'\n${body}`)
  return file
}

it('closes in reverse when asked to stop, without waiting for a start that never ends', async () => {
  const slow = `{ name: 'slow', start: () => new Promise(() => { process.send('starting'); setInterval(() => {}, 1000) }), close: async () => process.send('closed slow') }`
  const first = `{ name: 'first', start: async () => {}, close: async () => process.send('closed first') }`
  const child = fork(program(`await runProcess('t', async () => [${first}, ${slow}])`), { silent: true })
  const heard: unknown[] = []
  child.on('message', message => {
    heard.push(message)
    if (message === 'starting') child.kill('SIGTERM')
  })
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  expect(heard).toEqual(['starting', 'closed slow', 'closed first'])
})

it('tells its parent why it could not start, and what to do', async () => {
  const child = fork(
    program(`await runProcess('t', async () => { throw new MeshError('PORT_IN_USE', 'port 1 is taken', { nextStep: 'free it' }) })`),
    { silent: true },
  )
  const [[message], [code]] = await Promise.all([once(child, 'message'), once(child, 'exit')])
  expect(message).toEqual({ kind: 'failed', code: 'PORT_IN_USE', message: 'port 1 is taken', nextStep: 'free it' })
  expect(code).toBe(1)
})

it('ends when the parent that supervises it is gone', async () => {
  const child = fork(program(`await runProcess('t', async () => [])`), { silent: true })
  await once(child, 'message')
  child.disconnect()
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
})
