import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '@meshwork/testkit/clock'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { kubeconfigAccess, kubeconfigFileAccess } from './kubeconfig-access.ts'

type Fields = Readonly<Record<string, unknown>>

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshwork-kubeconfig-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function kubeconfig(user: Fields, cluster: Fields = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'home' } }],
    'current-context': 'x',
  })
}

describe('a kubeconfig on disk', () => {
  test('is read with the files that it names, as they are now', async () => {
    writeFileSync(join(folder, 'ca.pem'), 'root')
    writeFileSync(join(folder, 'token'), 'one\n')
    writeFileSync(join(folder, 'kubeconfig'), kubeconfig({ tokenFile: 'token' }, { 'certificate-authority': 'ca.pem' }))
    const access = kubeconfigFileAccess(join(folder, 'kubeconfig'))
    expect(access).toMatchObject({ namespace: 'home', server: new URL('https://127.0.0.1:6443') })
    expect(await access.credentials()).toEqual({ ca: 'root', headers: { authorization: 'Bearer one' } })
    writeFileSync(join(folder, 'token'), 'two\n')
    expect(await access.credentials()).toMatchObject({ headers: { authorization: 'Bearer two' } })
  })

  test('runs a credential plugin again once what it gave expires, or is refused', async () => {
    const clock = new ManualClock()
    const soon = new Date(clock.now() + 3_600_000).toISOString()
    const script = `const fs = require('node:fs'), file = ${JSON.stringify(join(folder, 'runs'))}
      const runs = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') + '.' : '.'
      fs.writeFileSync(file, runs)
      console.log(JSON.stringify({ status: { token: process.env.WHO + runs.length, expirationTimestamp: ${JSON.stringify(soon)} } }))`
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
      env: [{ name: 'WHO', value: 'me' }],
    }
    const access = kubeconfigAccess(kubeconfig({ exec }), { name: 'k', folder, clock })
    const token = async (): Promise<unknown> => (await access.credentials()).headers
    expect([await token(), await token()]).toEqual([{ authorization: 'Bearer me1' }, { authorization: 'Bearer me1' }])
    clock.advance(3_600_000)
    expect(await token()).toEqual({ authorization: 'Bearer me2' })
    access.refused()
    expect(await token()).toEqual({ authorization: 'Bearer me3' })
  })

  test.each([
    ['no YAML', '{', 'is no YAML'],
    ['no context', '{}', 'names no current context'],
    ['a plain server', kubeconfig({}, { server: 'http://127.0.0.1' }), 'begins with https://'],
    ['a provider that no client has any more', kubeconfig({ 'auth-provider': {} }), 'auth-provider, which is not supported'],
  ])('with %s is refused', (_, text, reason) => {
    expect(() => kubeconfigAccess(text, { name: 'k', folder })).toThrow(reason)
  })
})

describe('a kubeconfig from elsewhere', () => {
  test('brings its certificates and tokens along', async () => {
    const data = Buffer.from('pem').toString('base64')
    const user = { 'client-certificate-data': data, 'client-key-data': data }
    const access = kubeconfigAccess(kubeconfig(user, { 'certificate-authority-data': data }), { name: 'east', folder: null })
    expect(await access.credentials()).toEqual({ ca: 'pem', cert: 'pem', key: 'pem' })
  })

  test.each([
    ['runs no programs', { exec: { command: '/bin/sh' } }, {}, 'exec'],
    ['reads no tokens', { tokenFile: '/etc/passwd' }, {}, 'tokenFile'],
    ['reads no keys', { 'client-key': '/etc/passwd' }, {}, 'client-key'],
    ['reads no roots', {}, { 'certificate-authority': '/etc/passwd' }, 'certificate-authority'],
    ['switches off no checks', {}, { 'insecure-skip-tls-verify': true }, 'insecure-skip-tls-verify'],
  ])('%s', (_, user, cluster, field) => {
    expect(() => kubeconfigAccess(kubeconfig(user, cluster), { name: 'east', folder: null })).toThrow(`east may not say ${field}`)
  })
})
