import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import { ManualClock } from '@meshwork/testkit/clock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeptResource } from './kept-resource.ts'
import { COPY_FILE, LastGoodCopy, type LastGoodCopyOptions } from './last-good-copy.ts'

const BINARY: KeptResource = { typeUrl: 'a', name: 'é', version: '1', bytes: Uint8Array.from([0x0a, 0, 0xff, 0x0a]) }
const EMPTY: KeptResource = { typeUrl: 'b', name: 'none', version: '', bytes: new Uint8Array() }
const SECRET: KeptResource = { typeUrl: 'b', name: 'tls', version: '', bytes: Buffer.from('x-----BEGIN EC PRIVATE KEY-----y') }

describe('the last good configuration on disk', () => {
  const lines: string[] = []
  let folder = ''
  let file = ''
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'meshwork-copy-')), 'state')
    file = join(folder, COPY_FILE)
    lines.length = 0
  })
  afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

  function copy(options: Partial<LastGoodCopyOptions> = {}): LastGoodCopy {
    return new LastGoodCopy({ folder, node: 'me', clock: systemClock, log: recorder(lines), ...options })
  }

  async function written(resources: readonly KeptResource[], options: Partial<LastGoodCopyOptions> = {}): Promise<LastGoodCopy> {
    const writer = copy(options)
    writer.keep(() => resources)
    writer.noteChange()
    await writer.close()
    return writer
  }

  it('comes back as it was, for its owner only, and without a trace of the write', async () => {
    await written([BINARY, EMPTY])
    expect(await copy().read()).toEqual([
      { ...BINARY, bytes: Buffer.from(BINARY.bytes) },
      { ...EMPTY, bytes: Buffer.alloc(0) },
    ])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(readdirSync(folder)).toEqual([COPY_FILE])
  })

  it('holds no private keys, and says once what it left out', async () => {
    const writer = await written([SECRET, EMPTY])
    writer.noteChange()
    await writer.close()
    expect(readFileSync(file, 'latin1')).not.toContain('PRIVATE KEY')
    expect((await copy().read()).map(({ name }) => name)).toEqual(['none'])
    expect(lines).toEqual(['warn not kept on disk, because it holds a private key tls'])
  })

  it.each<[string, (bytes: Buffer) => Buffer | string]>([
    ['damaged', bytes => bytes.subarray(0, -1)],
    ['damaged', bytes => Buffer.concat([bytes.subarray(0, 80), Buffer.from([bytes.readUInt8(80) ^ 1]), bytes.subarray(81)])],
    ['of another version', () => 'meshwork last good configuration 2\n'],
    ['of another version', () => ''],
  ])('is not used when it is %s', async (reason, change) => {
    await written([BINARY, EMPTY])
    writeFileSync(file, change(readFileSync(file)))
    expect(await copy().read()).toEqual([])
    expect(lines).toEqual([`error the last good configuration on disk is not used it is ${reason}`])
  })

  it('is not used by another node, nor when others could have written it, nor when it is too large', async () => {
    await written([BINARY])
    expect(await copy({ node: 'you' }).read()).toEqual([])
    expect(await copy({ maxBytes: 20 }).read()).toEqual([])
    chmodSync(file, 0o602)
    expect(await copy().read()).toEqual([])
    expect(lines.map(line => line.replace(/.*not used /, ''))).toEqual([
      'it belongs to another node',
      'it has more than 20 bytes',
      'other users may write it',
    ])
  })

  it('keeps the older form when the newer one is too large', async () => {
    await written([EMPTY])
    await written([BINARY, EMPTY], { maxBytes: 120 })
    expect((await copy().read()).map(({ name }) => name)).toEqual(['none'])
    expect(readdirSync(folder)).toEqual([COPY_FILE])
  })

  it('says that it cannot be written, and goes on', async () => {
    writeFileSync(folder, 'a file where the folder should be')
    await written([EMPTY])
    expect(lines).toEqual([expect.stringMatching(/^warn the configuration cannot be kept on disk/)])
  })

  it('is written once for many changes, and not before what came is complete', async () => {
    const clock = new ManualClock()
    const writer = copy({ clock })
    let reads = 0
    let complete = false
    writer.keep(() => {
      reads++
      return complete ? [EMPTY] : null
    })
    for (let i = 0; i < 100; i++) writer.noteChange()
    clock.advance(400)
    expect(reads).toBe(0)
    clock.advance(200)
    expect(reads).toBe(1)
    expect(() => statSync(file)).toThrow()
    complete = true
    clock.advance(600)
    await writer.close()
    expect(reads).toBe(2)
    expect((await copy().read()).length).toBe(1)
  })
})

function recorder(lines: string[]): Logger {
  const write =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (level !== 'debug') lines.push([level, message, fields['name'] ?? fields['reason']].join(' '))
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), child: () => recorder(lines) }
}
