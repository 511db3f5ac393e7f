import { createServer } from 'node:net'
import { freePort } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, LISTENER_TYPE } from '@meshwork/xds/types'
import { afterEach, describe, expect, it } from 'vitest'

const NODE = 'sidecar~127.0.0.1~a.default~default.svc.cluster.local'

describe('the proxy as a process', () => {
  let child: Child | null = null
  afterEach(async () => {
    await child?.stop()
  })

  function start(...args: readonly string[]): Child {
    child = startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['--node', NODE, ...args] })
    return child
  }

  it('names the port that is taken, and what to do', async () => {
    const taken = createServer()
    const port = await freePort()
    await new Promise<void>(resolve => taken.listen(port, '127.0.0.1', resolve))
    try {
      const proxy = start('--admin', `127.0.0.1:${port}`, '--sds', 'unix:/nonexistent/sds')
      await expect(proxy.whenReady()).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(String(port)) })
    } finally {
      taken.close()
    }
  })

  it('is not ready before there is a certificate', async () => {
    const pilot = new TestControlPlane()
    pilot.set(
      new Map([
        [CLUSTER_TYPE, []],
        [LISTENER_TYPE, []],
      ]),
    )
    await pilot.start()
    const admin = await freePort()
    const proxy = start('--admin', `127.0.0.1:${admin}`, '--xds', pilot.address, '--sds', 'unix:/nonexistent/sds')
    void proxy.whenReady().catch(() => undefined)
    try {
      await expect
        .poll(async () => (await fetch(`http://127.0.0.1:${admin}/ready`).catch(() => null))?.text(), { timeout: 20_000 })
        .toBe('INITIALIZING: there is no certificate yet\n')
      // Whoever stops it need not wait for what it waits for.
      proxy.process.kill('SIGTERM')
      await proxy.whenExited()
      expect(proxy.process.exitCode).toBe(0)
    } finally {
      pilot.stop()
    }
  })

  it('refuses flags that make no sense, with what to do', async () => {
    await expect(start('--sds', 'nowhere').whenReady()).rejects.toMatchObject({ code: 'BAD_FLAG' })
  })
})
