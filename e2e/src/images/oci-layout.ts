import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { runCommand } from '@meshwork/testkit/net'

interface Manifest {
  readonly mediaType: string
  readonly layers: readonly { readonly size: number }[]
}

export interface ImageSize {
  readonly reference: string
  /** Bytes of its layers, unpacked. */
  readonly bytes: number
}

/** Several images in one folder in OCI layout (image-spec 1.0, image-layout.md): what they share lies there once. */
export class OciLayout {
  private readonly folder: string
  private readonly manifests: object[] = []
  private readonly sizes: ImageSize[] = []

  constructor(folder: string) {
    this.folder = folder
    mkdirSync(this.blobs, { recursive: true })
  }

  /** Takes an image as `buildah push … dir:` leaves it, which is one folder for one image; the folder is gone then. */
  add(image: string, reference: string): void {
    const text = readFileSync(join(image, 'manifest.json'))
    const { mediaType, layers }: Manifest = JSON.parse(text.toString())
    const digest = createHash('sha256').update(text).digest('hex')
    writeFileSync(join(this.blobs, digest), text)
    for (const blob of readdirSync(image).filter(file => /^[0-9a-f]{64}$/.test(file))) {
      if (!existsSync(join(this.blobs, blob))) renameSync(join(image, blob), join(this.blobs, blob))
    }
    rmSync(image, { recursive: true })
    const annotations = { 'org.opencontainers.image.ref.name': reference, 'io.containerd.image.name': reference }
    this.manifests.push({ mediaType, digest: `sha256:${digest}`, size: text.length, annotations })
    this.sizes.push({ reference, bytes: layers.reduce((sum, layer) => sum + layer.size, 0) })
  }

  /** Packs all into `tar`, and what is in it into `sizes`. Equal images give equal bytes. */
  async pack(tar: string, sizes: string): Promise<void> {
    writeFileSync(join(this.folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: this.manifests }))
    writeFileSync(join(this.folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
    const stable = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
    await runCommand(['tar', ...stable, '-C', this.folder, '-cf', tar, 'oci-layout', 'index.json', 'blobs'])
    writeFileSync(sizes, JSON.stringify(this.sizes))
  }

  private get blobs(): string {
    return join(this.folder, 'blobs', 'sha256')
  }
}
