import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { MeshError } from '@meshwork/core/result'

import { baseTar, INIT_BASE, RUNTIME_BASE } from './base-image.ts'
import { Builder } from './builder.ts'
import { type ImageSize, OciLayout } from './oci-layout.ts'

/** Every target of the Dockerfile that is an image. */
export const COMPONENTS = ['pilot', 'citadel', 'mixer', 'adapters', 'proxy', 'init', 'cli'] as const
export type Component = (typeof COMPONENTS)[number]

/** An image that is built besides the components, of a Dockerfile of its own on the same base. */
export interface ExtraImage {
  readonly name: string
  /** Below the root of the repository, as all that it copies. */
  readonly dockerfile: string
  /** Files and folders that it copies. */
  readonly sources: readonly string[]
}

export interface ImageOrder {
  /** What names begin with, without a slash at the end: `localhost/meshwork`. */
  readonly hub: string
  readonly tag: string
  readonly components: readonly Component[]
  readonly extra?: readonly ExtraImage[]
  /** The built tree that they are made of; this clone unless told otherwise. */
  readonly root?: string
}

/** Images in one archive. */
export interface ImageArchive {
  /** A tar in OCI image layout; layers that several images share are in it once. */
  readonly path: string
  readonly images: readonly ImageSize[]
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'meshwork', 'images')
/** Archives of some hundred megabytes that nobody asked for lately go. */
const KEPT_ARCHIVES = 6
const BASE = 'localhost/meshwork-base:runtime'
const BASE_OF_INIT = 'localhost/meshwork-base:init'

/** Builds images of what `npm run build` compiled, or finds the archive of equal files that an earlier build left. */
export async function buildImages(order: ImageOrder, progress: (line: string) => void): Promise<ImageArchive> {
  mkdirSync(CACHE, { recursive: true })
  const path = join(CACHE, `images-${hashOf(order)}.tar`)
  if (existsSync(path)) utimesSync(path, new Date(), new Date())
  else await buildInto(path, order, progress)
  dropOldArchives()
  return { path, images: JSON.parse(readFileSync(sizesOf(path), 'utf8')) }
}

async function buildInto(path: string, order: ImageOrder, progress: (line: string) => void): Promise<void> {
  const work = mkdtempSync(join(CACHE, 'build-'))
  try {
    const root = order.root ?? ROOT
    const builder = new Builder(work, root)
    builder.importRoot(baseTar(RUNTIME_BASE, CACHE, progress), BASE)
    if (order.components.includes('init')) builder.importRoot(baseTar(INIT_BASE, CACHE, progress), BASE_OF_INIT)
    const layout = new OciLayout(join(work, 'layout'))
    const args = { BASE, INIT_BASE: BASE_OF_INIT, NODE: nodeProgram(root) }
    for (const image of imagesOf(order)) {
      progress(`building ${image.reference}`)
      builder.build({ ...image, args })
      builder.export(image.reference, join(work, 'image'))
      layout.add(join(work, 'image'), image.reference)
    }
    await layout.pack(join(work, 'images.tar'), sizesOf(path))
    renameSync(join(work, 'images.tar'), path)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function imagesOf({
  hub,
  tag,
  components,
  extra = [],
  root = ROOT,
}: ImageOrder): readonly { dockerfile: string; target: string; reference: string }[] {
  return [
    ...components.map(name => ({ dockerfile: join(root, 'Dockerfile'), target: name, reference: `${hub}/${name}:${tag}` })),
    ...extra.map(({ name, dockerfile }) => ({ dockerfile: join(root, dockerfile), target: name, reference: `${hub}/${name}:${tag}` })),
  ]
}

function sizesOf(archive: string): string {
  return archive.replace(/tar$/, 'json')
}

/**
 * Path below the root of the pinned Node of that tree: in this clone the npm scripts run this program with it. A builder reads no file
 * outside of its context, and pnpm keeps packages wherever it likes.
 */
function nodeProgram(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', 'node', 'package.json'), 'utf8'))
  if (root === ROOT && process.versions.node !== version) {
    throw new MeshError('WRONG_NODE', `this is Node ${process.versions.node}, images have ${version}`, { nextStep: 'npm run images' })
  }
  const program = root === ROOT ? process.execPath : join(root, 'node_modules', 'node', 'bin', 'node')
  const path = join('.cache', 'images', `node-${version}-${process.arch}`)
  if (existsSync(join(root, path))) return path
  mkdirSync(dirname(join(root, path)), { recursive: true })
  copyFileSync(program, `${join(root, path)}.${process.pid}`)
  renameSync(`${join(root, path)}.${process.pid}`, join(root, path))
  return path
}

function hashOf({ root = ROOT, ...order }: ImageOrder): string {
  const programs = [...new Set(order.components.flatMap(programsOf))]
  const extra = order.extra ?? []
  const sources = [
    ...['Dockerfile', '.dockerignore', 'scripts/images', 'node_modules/node/package.json'],
    ...programs.map(folder => `packages/${folder}`),
    ...extra.flatMap(image => [image.dockerfile, ...image.sources]),
  ]
  const hash = createHash('sha256').update(JSON.stringify([process.arch, order]))
  const files = sources.flatMap(path => filesBelow(root, path))
  for (const file of files) hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex').slice(0, 20)
}

/** Folders below `packages` that an image copies. */
function programsOf(component: Component): readonly string[] {
  if (component === 'init') return ['proxy/dist/program', 'node-agent/dist/program']
  return component === 'cli' ? ['cli/dist/program', 'cli/dist/charts', 'cli/package.json'] : [`${component}/dist/program`]
}

function filesBelow(root: string, path: string): readonly string[] {
  const full = join(root, path)
  if (!existsSync(full)) throw new MeshError('NOT_COMPILED', `${path} is missing`, { nextStep: 'npm run build' })
  if (!statSync(full).isDirectory()) return [path]
  return readdirSync(full)
    .toSorted()
    .flatMap(name => filesBelow(root, join(path, name)))
}

function dropOldArchives(): void {
  const archives = readdirSync(CACHE)
    .filter(file => /^images-[0-9a-f]+\.tar$/.test(file))
    .map(file => ({ file, usedMs: statSync(join(CACHE, file)).mtimeMs }))
    .toSorted((a, b) => b.usedMs - a.usedMs)
  for (const { file } of archives.slice(KEPT_ARCHIVES)) {
    for (const each of [file, sizesOf(file)]) rmSync(join(CACHE, each), { force: true })
  }
}
