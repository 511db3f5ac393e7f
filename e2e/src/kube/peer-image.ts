import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

import { MeshError } from '@meshwork/core/result'
import { runCommand } from '@meshwork/testkit/net'

import { locate, peersFolder } from '../../../scripts/peers/peer.ts'
import { peers } from '../../../scripts/peers/table.ts'
import { loadImage } from '../cluster/cluster.ts'
import { writeImage } from '../cluster/oci-image.ts'
import type { KubeWorld } from './kube-world.ts'

/** What a pod of a program that we did not write needs. */
export interface PeerImage {
  readonly reference: string
  /** Names that `npm run peers` has for the programs; what is missing on this machine is fetched, and what is no package of it lies in /usr/bin. */
  readonly peers: readonly string[]
  /** Further programs, at the same paths in the image; those from below a home or a cache in /usr/bin. */
  readonly programs?: readonly string[]
  /** Folders that the programs read, at the same paths in the image. */
  readonly folders?: readonly string[]
}

/** `sh` and what entry points of pods call; some databases make their files by a shell. */
const COMMANDS = ['sh', 'mkdir', 'cat', 'sleep']
const NOBODY = 65_534

/** Puts programs of this machine into an image with the libraries that they load, and the image onto the cluster's node. */
export async function loadPeers(world: KubeWorld, image: PeerImage): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'mesh-peers-'))
  try {
    const root = join(work, 'root')
    layOut(root)
    for (const name of image.peers) await put(root, await fetched(name))
    for (const program of image.programs ?? []) await put(root, program)
    for (const folder of image.folders ?? []) await runCommand(['cp', '-rL', '--parents', folder, root])
    await writeImage(root, join(work, 'image.tar'), { reference: image.reference, entrypoint: ['/bin/sh', '-c'] })
    await loadImage(world.cluster, join(work, 'image.tar'))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function layOut(root: string): void {
  mkdirSync(join(root, 'bin'), { recursive: true })
  mkdirSync(join(root, 'etc'))
  mkdirSync(join(root, 'tmp'))
  // Not by mkdir, whose mode the umask cuts.
  chmodSync(join(root, 'tmp'), 0o1777)
  writeFileSync(join(root, 'etc', 'passwd'), `nobody:x:${NOBODY}:${NOBODY}:nobody:/tmp:/bin/sh\n`)
  copyFileSync('/bin/busybox', join(root, 'bin', 'busybox'))
  for (const command of COMMANDS) symlinkSync('busybox', join(root, 'bin', command))
}

async function fetched(name: string): Promise<string> {
  const peer = peers.find(each => each.name === name)
  const nextStep = `npm run peers -- ${name}`
  if (peer === undefined) throw new MeshError('NO_SUCH_PEER', `there is no peer ${name}`, { nextStep: 'npm run peers' })
  const reason = locate(peer) === undefined ? await peer.fetch(peersFolder) : undefined
  const program = locate(peer)
  if (program === undefined) throw new MeshError('PEER_MISSING', `${name} cannot be installed: ${reason ?? 'unknown'}`, { nextStep })
  return program
}

async function put(root: string, program: string): Promise<void> {
  for (const file of [program, ...(await librariesOf(program))]) {
    const target = join(root, /^\/(?:usr|s?bin|lib)/.test(file) ? file : join('usr', 'bin', basename(file)))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(file, target)
  }
}

/** Nothing for a program that is linked statically. */
async function librariesOf(program: string): Promise<readonly string[]> {
  if (!statSync(program).isFile() || !isDynamic(program)) return []
  const lines = (await runCommand(['ldd', program])).split('\n')
  return lines.flatMap(line => /(?:=> |^\s+)(\/\S+)/.exec(line)?.[1] ?? [])
}

/** An ELF file that names an interpreter (`PT_INTERP`) has it as text near its beginning. */
function isDynamic(program: string): boolean {
  return readFileSync(program).subarray(0, 4096).includes('/ld-linux')
}
