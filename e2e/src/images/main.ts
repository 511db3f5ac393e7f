// `npm run images -- [--tag T] [--hub H] [component…]`: builds the images of the root's Dockerfile into one OCI archive.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { MeshError, messageOf } from '@meshwork/core/result'

import { buildImages, type Component, COMPONENTS, type ImageArchive } from './build-images.ts'
import { prepareBuilder } from './prepare-builder.ts'

const begin = performance.now()

function say(line: string): void {
  process.stderr.write(`${((performance.now() - begin) / 1000).toFixed(1).padStart(5)} s  ${line}\n`)
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version
}

function chosen(words: readonly string[]): readonly Component[] {
  const unknown = words.find(word => !COMPONENTS.some(each => each === word))
  if (unknown !== undefined) {
    throw new MeshError('UNKNOWN_COMPONENT', `there is no image '${unknown}'`, { nextStep: `choose of ${COMPONENTS.join(', ')}` })
  }
  return words.length === 0 ? COMPONENTS : COMPONENTS.filter(each => words.includes(each))
}

function print(archive: ImageArchive, output: string): void {
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify(archive)}\n`)
    return
  }
  for (const { reference, bytes } of archive.images) {
    process.stdout.write(`${(bytes / 1e6).toFixed(1).padStart(6)} MB  ${reference}\n`)
  }
  process.stdout.write(`${archive.path}\n`)
  process.stderr.write(`  next: ctr images import ${archive.path}, or skopeo copy oci-archive:${archive.path}:NAME docker://NAME\n`)
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tag: { type: 'string', default: version() },
      hub: { type: 'string', default: 'ghcr.io/meshwork' },
      output: { type: 'string', short: 'o', default: 'text' },
    },
  })
  const components = chosen(positionals)
  await prepareBuilder(say)
  const archive = await buildImages({ hub: values.hub.replace(/\/+$/, ''), tag: values.tag, components }, say)
  print(archive, values.output)
  say('done')
} catch (error) {
  const next = error instanceof MeshError && error.nextStep !== undefined ? `  next: ${error.nextStep}\n` : ''
  process.stderr.write(`images: ${messageOf(error)}\n${next}`)
  process.exitCode = 1
}
