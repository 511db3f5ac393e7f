import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@meshwork/core/log'
import { ManualClock } from '@meshwork/testkit/clock'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fileCertificateName, fileRootName } from '../decode/index.ts'
import { noSecrets } from '../tls/index.ts'
import { FileSecrets } from './file-secrets.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string, second: number): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  utimesSync(file, second, second)
  return file
}

it('reads the files that names tell, and says when they changed', () => {
  const clock = new ManualClock()
  const secrets = new FileSecrets(noSecrets, clock, silentLogger)
  let changes = 0
  const stop = secrets.onChange(() => changes++)
  const chainFile = write('chain.pem', 'chain', 1)
  const keyFile = write('key.pem', 'key', 1)
  const name = fileCertificateName(chainFile, keyFile)
  expect(secrets.certificate(name)).toEqual({ certificateChainPem: 'chain', privateKeyPem: 'key' })
  write('chain.pem', 'new chain', 2)
  clock.advance(10_000)
  expect(changes).toBe(1)
  expect(secrets.certificate(name)).toEqual({ certificateChainPem: 'new chain', privateKeyPem: 'key' })
  rmSync(chainFile)
  clock.advance(10_000)
  expect(secrets.certificate(name)?.certificateChainPem).toBe('new chain')
  stop()
  secrets.close()
  expect(clock.pendingTimers).toBe(0)
})

it('finds a file that comes later, and leaves other names to the rest', () => {
  const secrets = new FileSecrets({ ...noSecrets, roots: name => `roots of ${name}` }, new ManualClock(), silentLogger)
  const file = join(folder, 'roots.pem')
  expect(secrets.roots(fileRootName(file))).toBeNull()
  write('roots.pem', 'roots', 1)
  expect(secrets.roots(fileRootName(file))).toBe('roots')
  expect(secrets.roots('ROOTCA')).toBe('roots of ROOTCA')
  expect(secrets.certificate('file-cert:only-one')).toBeNull()
  secrets.close()
})
