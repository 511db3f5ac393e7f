import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { MeshError } from '@meshwork/core/result'

import { HIGHEST_INDEX, type NodeFolder, nodeFolder } from './node-folder.ts'

/** A plug of the switch and the node that has it. */
export interface Place {
  readonly index: number
  readonly node: string
  /** Name of the node's cluster, which is also that of the cluster's first node. */
  readonly cluster: string
}

/** All clusters of this user lie below it, so that `status` and `down` find what an earlier command started. */
export function clustersRoot(): string {
  return process.env['MESHWORK_CLUSTERS'] ?? join(tmpdir(), 'meshwork-clusters')
}

export function takenPlaces(): readonly Place[] {
  if (!existsSync(placesFolder())) return []
  return readdirSync(placesFolder()).flatMap(file => {
    const [node, cluster] = readFileSync(join(placesFolder(), file), 'utf8').split(' ')
    return node === undefined || cluster === undefined ? [] : [{ index: Number(file), node, cluster }]
  })
}

/** Claims the lowest free place. Its file is made exclusively, so two commands at once never get the same one. */
export function claimPlace(node: string, cluster: string): Place {
  mkdirSync(placesFolder(), { recursive: true })
  for (let index = 1; index <= HIGHEST_INDEX; index++) {
    if (writtenAnew(join(placesFolder(), String(index)), `${node} ${cluster}`)) return { index, node, cluster }
  }
  throw new MeshError('CLUSTERS_FULL', `all ${HIGHEST_INDEX} places on the switch are taken`, { nextStep: 'npm run cluster -- down --all' })
}

export function freePlace(place: Place): void {
  rmSync(join(placesFolder(), String(place.index)), { force: true })
}

export function folderOf(place: Place, control?: NodeFolder): NodeFolder {
  return nodeFolder(join(clustersRoot(), place.node), place.node, place.index, control)
}

function placesFolder(): string {
  return join(clustersRoot(), '.places')
}

function writtenAnew(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' })
    return true
  } catch {
    return false
  }
}
