import { spawnSync } from 'node:child_process'

import { MeshError } from '@meshwork/core/result'

export interface ImageSize {
  readonly reference: string
  /** Bytes of its compressed layers, as a registry sends them. */
  readonly compressedBytes: number
}

interface Index {
  readonly manifests: readonly { readonly digest: string; readonly annotations: Readonly<Record<string, string>> }[]
}

interface Manifest {
  readonly layers: readonly { readonly size: number }[]
}

/** What is in an archive in OCI layout (image-layout.md), and how much of it each image needs. */
export function imageSizes(archive: string): readonly ImageSize[] {
  const { manifests }: Index = JSON.parse(read(archive, 'index.json'))
  return manifests.map(({ digest, annotations }) => {
    const { layers }: Manifest = JSON.parse(read(archive, `blobs/sha256/${digest.slice('sha256:'.length)}`))
    return {
      reference: annotations['org.opencontainers.image.ref.name'] ?? digest,
      compressedBytes: layers.reduce((sum, layer) => sum + layer.size, 0),
    }
  })
}

/** A file in an archive that this program wrote. */
function read(archive: string, member: string): string {
  const done = spawnSync('tar', ['-xOf', archive, member], { encoding: 'utf8', maxBuffer: 2 ** 24 })
  if (done.status !== 0)
    throw new MeshError('IMAGE_ARCHIVE', `${archive} has no ${member}`, { nextStep: `remove ${archive} and build again` })
  return done.stdout
}
