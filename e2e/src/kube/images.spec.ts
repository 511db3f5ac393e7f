import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type ImageArchive } from '../images/build-images.ts'
import { KubeWorld } from './kube-world.ts'
import { APPS_IMAGE, HUB, TAG } from './test-images.ts'

/** Bytes of the layers of one image, of which Node is 150 million; a registry sends a third. */
const LARGEST_IMAGE = 200e6

/** Every program of every image, with an argument that makes it speak and end. */
const PROGRAMS = [
  ['pilot', 'meshwork-pilot'],
  ['citadel', 'meshwork-citadel'],
  ['mixer', 'meshwork-mixer'],
  ['adapters', 'meshwork-adapter-denier'],
  ['adapters', 'meshwork-adapter-prometheus'],
  ['proxy', 'meshwork-proxy'],
  ['proxy', 'meshwork-agent'],
  ['init', 'meshwork-init'],
  ['init', 'meshwork-node-agent'],
  ['cli', 'meshctl'],
] as const

/** What the namespace standard `restricted` demands, and a root file system that nobody can write to. */
const LOCKED = {
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}

function podOf(image: string, program: string): object {
  const securityContext = image === 'init' ? { ...LOCKED, runAsNonRoot: false } : LOCKED
  const container = { image: `${HUB}/${image}:${TAG}`, imagePullPolicy: 'Never', securityContext, args: ['--help'] }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: program },
    spec: { restartPolicy: 'Never', containers: [{ name: program, command: [`/usr/local/bin/${program}`], ...container }] },
  }
}

describe('images of the Dockerfile (part 2)', () => {
  let world: KubeWorld
  let archive: ImageArchive

  beforeAll(async () => {
    world = await KubeWorld.up('images')
    archive = world.images
  }, 900_000)

  afterAll(() => world?.down())

  test('each component has one, and none is large', () => {
    expect(archive.images.map(image => image.reference).toSorted()).toEqual(
      [...new Set(PROGRAMS.map(([image]) => `${HUB}/${image}:${TAG}`)), APPS_IMAGE].toSorted(),
    )
    for (const image of archive.images) expect(image.bytes, image.reference).toBeLessThan(LARGEST_IMAGE)
  })

  test('every program starts in a pod, as nobody, on a root file system that is read-only', async () => {
    await world.apply(...PROGRAMS.map(([image, program]) => podOf(image, program)))
    for (const [, program] of PROGRAMS) {
      const path = '{.status.containerStatuses[0].state.terminated.exitCode}'
      await world.kubectl('wait', `--for=jsonpath=${path}`, '--timeout=60s', `pod/${program}`)
      const log = await world.kubectl('logs', program)
      expect(log, program).toMatch(/usage|options/i)
    }
  })
})
