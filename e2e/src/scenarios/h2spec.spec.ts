import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createTestCa } from '@meshwork/testkit/ca'
import { freePorts } from '@meshwork/testkit/net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { peerPath } from '../../../scripts/peers/table.ts'
import { bootstrap, cluster, httpFilter, listener, tlsServer, StaticProxy } from '@meshwork/testkit/bootstrap'

const program = peerPath('h2spec') ?? ''

const ANSWER_AFTER_MS = 20

/** What h2spec 2.2.1 runs: one of its cases counts as strict only. */
const CASES = { usual: 145, strict: 146 }

const LISTENERS = ['plain HTTP/2', 'TLS with ALPN'] as const

describe.skipIf(program === '')(`h2spec${program === '' ? ' (not installed; run `npm run peers`)' : ''}`, () => {
  // Streams that end at once would not exceed the limit of those open at a time, if the machine is slow to send them all.
  const upstream = createServer((request, response) =>
    request.resume().once('end', () => setTimeout(() => response.end('hello'), ANSWER_AFTER_MS)),
  )
  const ports = new Map<(typeof LISTENERS)[number] | 'either', number>()
  let proxy: StaticProxy | undefined

  beforeAll(async () => {
    await new Promise<void>(resolve => upstream.listen(0, '127.0.0.1', resolve))
    const { port } = upstream.address() as AddressInfo
    const certificate = await (await createTestCa()).issue('127.0.0.1')
    const [http2 = 0, tls = 0, either = 0] = await freePorts(3)
    ports.set('plain HTTP/2', http2).set('TLS with ALPN', tls).set('either', either)
    const listeners = [
      listener(http2, httpFilter('upstream', 'HTTP2')),
      listener(either, httpFilter('upstream', 'AUTO')),
      listener(tls, httpFilter('upstream', 'AUTO'), tlsServer(certificate, ['h2', 'http/1.1'])),
    ]
    proxy = await StaticProxy.start('h2spec', bootstrap(listeners, [cluster('upstream', port)]))
  })

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    upstream.close()
    upstream.closeAllConnections()
  })

  describe.each(LISTENERS)('on a listener of %s', name => {
    const transport = name.startsWith('TLS') ? ['--tls', '--insecure'] : []

    it('passes every case', async () => {
      expect(await verdict([...transport, '-p', String(ports.get(name))])).toEqual(clean(CASES.usual))
    })

    it('passes every case of the strict run [security-88]', async () => {
      expect(await verdict([...transport, '--strict', '-p', String(ports.get(name))])).toEqual(clean(CASES.strict))
    })
  })

  it('passes all but one on a listener that tells the codec by the preface: without a preface it is HTTP/1 that answers', async () => {
    const { summary, failed } = await verdict(['--strict', '-p', String(ports.get('either'))])
    expect(summary).toBe(`${CASES.strict} tests, ${CASES.strict - 1} passed, 0 skipped, 1 failed`)
    expect(new Set(failed)).toEqual(new Set(['× 2: Sends invalid connection preface']))
  })
})

interface Verdict {
  readonly summary: string
  /** Titles of cases that did not pass. */
  readonly failed: readonly string[]
}

function clean(cases: number): Verdict {
  return { summary: `${cases} tests, ${cases} passed, 0 skipped, 0 failed`, failed: [] }
}

/** Runs h2spec; it exits with 1 when a case fails, and its last line counts them. */
function verdict(args: readonly string[]): Promise<Verdict> {
  return new Promise(resolve => {
    execFile(program, args, { maxBuffer: 2 ** 24 }, (_error, stdout, stderr) => {
      const failed = stdout.match(/× .*/g) ?? []
      resolve({ summary: /^\d+ tests, .*$/m.exec(stdout)?.[0] ?? stdout.slice(-500) + stderr, failed })
    })
  })
}
