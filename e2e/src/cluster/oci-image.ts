import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { runCommand } from '@meshwork/testkit/net'

/** What an image says besides its files. */
export interface ImageOptions {
  /** Full reference, `docker.io/library/name:tag`. */
  readonly reference: string
  readonly entrypoint: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

const TYPE = 'application/vnd.oci.image'

/**
 * Packs a root file system into an image of one layer, as a tar in OCI image layout (image-spec v1.0, image-layout.md), which
 * containerd imports. Equal files give equal bytes.
 */
export async function writeImage(rootFileSystem: string, target: string, options: ImageOptions): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'mesh-image-'))
  try {
    mkdirSync(join(work, 'blobs', 'sha256'), { recursive: true })
    const layer = putBlob(work, await layerOf(rootFileSystem, work), `${TYPE}.layer.v1.tar`)
    const config = putBlob(work, json(configOf(layer, options)), `${TYPE}.config.v1+json`)
    const manifest = { schemaVersion: 2, mediaType: `${TYPE}.manifest.v1+json`, config, layers: [layer] }
    const index = { ...putBlob(work, json(manifest), manifest.mediaType), annotations: { 'io.containerd.image.name': options.reference } }
    writeFileSync(join(work, 'index.json'), json({ schemaVersion: 2, mediaType: `${TYPE}.index.v1+json`, manifests: [index] }))
    writeFileSync(join(work, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
    await runCommand(['tar', '-C', work, '-cf', target, 'oci-layout', 'index.json', 'blobs'])
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function layerOf(rootFileSystem: string, work: string): Promise<Buffer> {
  const file = join(work, 'layer')
  const stable = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
  await runCommand(['tar', ...stable, '-C', rootFileSystem, '-cf', file, '.'])
  const bytes = readFileSync(file)
  rmSync(file)
  return bytes
}

function configOf(layer: Descriptor, options: ImageOptions): object {
  const environment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...options.environment }
  return {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: {
      Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
      Entrypoint: options.entrypoint,
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  }
}

function putBlob(work: string, bytes: Buffer, mediaType: string): Descriptor {
  const hash = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(work, 'blobs', 'sha256', hash), bytes)
  return { mediaType, digest: `sha256:${hash}`, size: bytes.length }
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}
