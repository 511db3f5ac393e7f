import { readFile } from 'node:fs/promises'
import { MeshError } from '@meshwork/core/result'
import { type Command, command } from '../command/command.ts'

interface VersionResult {
  readonly version: string
  readonly node: string
  readonly platform: string
  readonly next: readonly string[]
}

export const versionCommand: Command = command<object, VersionResult>({
  name: 'version',
  summary: 'the version of meshctl; needs no mesh',
  args: [],
  options: [],
  examples: [
    { line: 'meshctl version', what: 'prints the version and what to do next' },
    { line: 'meshctl version -o json', what: 'the same for scripts' },
  ],
  resultKind: 'Version',
  parse: () => ({}),
  run: async () => ({
    version: await ownVersion(),
    node: process.versions.node,
    platform: `${process.platform}/${process.arch}`,
    next: ['meshctl demo', 'meshctl local up -f mesh.yaml'],
  }),
  print: ({ version, node, platform, next }, style) =>
    `meshctl ${style.bold(version)} (node ${node}, ${platform})\n\nNext:\n${next.map(line => `  ${line}\n`).join('')}`,
})

/** Of meshctl, as its package says. Throws INSTALLATION_BROKEN. */
export async function ownVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string')
    return manifest.version
  throw new MeshError('INSTALLATION_BROKEN', 'the package.json of meshctl has no version', { nextStep: 'install meshctl again' })
}
