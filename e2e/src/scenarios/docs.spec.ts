import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const MESHCTL = join(ROOT, 'packages/cli/bin/meshctl.mjs')
const PROXY = join(ROOT, 'packages/proxy/bin/meshwork-proxy.mjs')
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter(file => file.endsWith('.md'))
    .map(file => `docs/${file}`),
]

interface Line {
  readonly page: string
  readonly words: readonly string[]
}

/** Every command of every `sh` block, without its comment. */
function commands(page: string): Line[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap(block => (block[1] ?? '').split('\n'))
    .map(line => line.replace(/#.*/, '').trim())
    .filter(line => line !== '')
    .map(line => ({ page, words: line.split(/\s+/) }))
}

const all = PAGES.flatMap(commands)
const ofMeshctl = all.filter(({ words }) => words[0] === 'npx' && words[1] === 'meshctl')
const ofProxy = all.filter(({ words }) => words[0] === 'npx' && words[1] === 'meshwork-proxy')
const ofNpm = all.filter(({ words }) => words[0] === 'npm')

function scripts(): readonly string[] {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const found = typeof manifest === 'object' && manifest !== null && 'scripts' in manifest ? manifest.scripts : {}
  return typeof found === 'object' && found !== null ? Object.keys(found) : []
}

describe('commands in the documents', () => {
  it('are all of a kind that is checked here', () => {
    expect(all.length).toBeGreaterThan(5)
    expect(all.filter(line => ![...ofMeshctl, ...ofProxy, ...ofNpm].includes(line))).toEqual([])
  })

  it.each(ofNpm)('$page: $words', ({ words }) => {
    expect(scripts()).toContain(words[1] === 'run' ? words[2] : words[1])
  })

  it.each(ofMeshctl)('$page: $words', ({ words }) => {
    const own = words.slice(2, words.includes('--') ? words.indexOf('--') : undefined)
    const path = own.slice(0, own[0] === 'local' ? 2 : 1)
    const help = execFileSync(process.execPath, [MESHCTL, ...path, '--help'], { encoding: 'utf8' })
    expect(help).toContain(`meshctl ${path.join(' ')}`)
    for (const flag of own.filter(word => word.startsWith('-'))) expect(help).toContain(flag)
  })

  it.each(ofProxy)('$page: $words', ({ words }) => {
    expect(execFileSync(process.execPath, [PROXY, ...words.slice(2), '--mode', 'validate'], { encoding: 'utf8', cwd: ROOT })).toContain(
      'OK',
    )
  })
})
