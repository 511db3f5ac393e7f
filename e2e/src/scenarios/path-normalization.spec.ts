import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { Mesh } from '../backend/mesh.ts'
import { echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'

type Mode = 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES'
const MODES: readonly Mode[] = ['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES']

/** A path as it is sent, and as each mode makes it. A raw `#` is no path at all: Envoy 1.40 answers 400, as we do. */
const PATHS: readonly (readonly [sent: string, none: string, base: string, merged: string, decoded: string])[] = [
  ['/', '/', '/', '/', '/'],
  ['/app#foo', '400', '400', '400', '400'],
  ['/app/', '/app/', '/app/', '/app/', '/app/'],
  ['/app/../admin', '/app/../admin', '/admin', '/admin', '/admin'],
  ['/app', '/app', '/app', '/app', '/app'],
  ['/app//', '/app//', '/app//', '/app/', '/app/'],
  ['/app/%2f', '/app/%2f', '/app/%2f', '/app/%2f', '/app/'],
  ['/app%2f/', '/app%2f/', '/app%2f/', '/app%2f/', '/app/'],
  ['/xyz%30..//abc', '/xyz%30..//abc', '/xyz0..//abc', '/xyz0../abc', '/xyz0../abc'],
  ['/app/%2E./admin', '/app/%2E./admin', '/admin', '/admin', '/admin'],
  [String.raw`/app\admin`, String.raw`/app\admin`, '/app/admin', '/app/admin', '/app/admin'],
  [String.raw`/app/\/\/\admin`, String.raw`/app/\/\/\admin`, '/app//////admin', '/app/admin', '/app/admin'],
  ['/%2Fapp%5cadmin%5Cabc', '/%2Fapp%5cadmin%5Cabc', '/%2Fapp%5cadmin%5Cabc', '/%2Fapp%5cadmin%5Cabc', '/app/admin/abc'],
  [
    String.raw`/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\abc`,
    String.raw`/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\abc`,
    '/%5Capp%2f%5c%2F..%2fadmin%5c/abc',
    '/%5Capp%2f%5c%2F..%2fadmin%5c/abc',
    '/app/admin/abc',
  ],
  ['/app//../admin', '/app//../admin', '/app/admin', '/app/admin', '/app/admin'],
  ['/app//../../admin', '/app//../../admin', '/admin', '/admin', '/admin'],
]

/** Only for the mode that does most. */
const DECODED: readonly (readonly [string, string])[] = [
  ['/%c0%2e%c0%2e/admin', '/%c0.%c0./admin'],
  ['/%c0%2fadmin', '/%c0/admin'],
  ['/admin%00', '400'],
]

/** What looks like a way around but is none: stays as it is, also in the mode that does most. */
const KEPT: readonly string[] = [
  ...['/0x2e0x2e/admin', '/0x2e0x2e0x2fadmin', '/0x2e0x2e0x5cadmin', '/0x2f0x2fadmin', '/0x5c0x5cadmin'],
  ...['/%25c0%25ae%25c1%259cadmin', '/%25c0%25ae%25c0%25ae/admin', '/%25c0%25afadmin', '/%25c1%259cadmin', '/%252e%252e/admin'],
  ...['/%252e%252e%252fadmin', '/%c1%9cadmin', '/%c0%ae%c0%ae/admin', '/%c0%afadmin', '/.../admin', '/..../admin', '/..;/admin'],
  ...['/;/admin', '/admin;a=b', '/admin;a=b/xyz', '/admin,a=b/xyz', '/Admin', '/ADMIN'],
]

/** Every octet percent-encoded: those of RFC 3986 section 2.3 are decoded, slashes of both kinds too, all others stay. */
function octets(): readonly (readonly [string, string])[] {
  return Array.from({ length: 255 }, (_, i) => {
    const sent = `/admin%${(i + 1).toString(16).padStart(2, '0')}`
    const text = String.fromCharCode(i + 1)
    if (text === '/' || text === '\\') return [sent, '/admin/']
    return [sent, /[A-Za-z0-9._~-]/.test(text) ? `/admin${text}` : sent]
  })
}

function vectors(mode: Mode): readonly (readonly [string, string])[] {
  const common = PATHS.map(row => [row[0], row[MODES.indexOf(mode) + 1] ?? ''] as const)
  if (mode !== 'DECODE_AND_MERGE_SLASHES') return common
  return [...common, ...DECODED, ...KEPT.map(path => [path, path] as const), ...octets()]
}

function meshConfig(mode: Mode): string {
  return `{apiVersion: meshwork.dev/v1, kind: MeshConfig, metadata: {name: default}, spec: {accessLogFile: /dev/stdout, pathNormalization: {normalization: ${mode}}}}`
}

/** Refuses what is forwarded as one of these paths. */
function deny(paths: readonly string[]): string {
  const rules = `[{to: [{operation: {paths: ${JSON.stringify(paths)}}}]}]`
  return `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: deny, namespace: default}, spec: {action: DENY, rules: ${rules}}}`
}

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start({ name: 'paths', services: [{ name: 'echo', port: 8000, versions: ['v1'] }], config: {} })
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

async function outcome(path: string): Promise<string> {
  const reply = await mesh.requestWithoutProxy('echo-v1', { host: 'echo', path, headers: { connection: 'close' } })
  return reply.status === 200 ? echoed(reply).path : String(reply.status)
}

it('[security-81] a path is forwarded as it was authorized, in each mode of normalization', async () => {
  let checked = 0
  for (const [round, mode] of MODES.entries()) {
    const cases = vectors(mode)
    await mesh.apply('mesh', meshConfig(mode))
    await mesh.apply('deny', deny([`/round-${round}`]))
    await eventually(async () => expect(await outcome(`/round-${round}`)).toBe('403'))
    const differences: string[] = []
    for (const [sent, wanted] of cases) {
      const got = await outcome(sent)
      if (got !== wanted) differences.push(`${mode} ${sent}: ${got} instead of ${wanted}`)
    }
    expect(differences).toEqual([])
    // The same paths, once more, with a policy that names what they become.
    await mesh.apply(
      'deny',
      deny([`/again-${round}`, ...new Set(cases.map(([, wanted]) => wanted).filter(path => path.startsWith('/') && path !== '/'))]),
    )
    await eventually(async () => expect(await outcome(`/again-${round}`)).toBe('403'))
    for (const [sent, wanted] of cases)
      if (wanted.startsWith('/') && wanted !== '/' && (await outcome(sent)) !== '403') differences.push(sent)
    expect(differences).toEqual([])
    checked += cases.length
  }
  expect(checked).toBe(345)
})
