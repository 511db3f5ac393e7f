import { MeshError } from '@meshwork/core/result'

import { locate, peersFolder } from '../../../scripts/peers/peer.ts'
import { peers } from '../../../scripts/peers/table.ts'

const NEEDED: ReadonlySet<string> = new Set(['buildah', 'mmdebstrap'])

/** Installs what images are built with and this machine lacks. Throws IMAGES_OBSTACLE where it cannot. */
export async function prepareBuilder(progress: (line: string) => void): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new MeshError('IMAGES_OBSTACLE', 'images are built on Linux as root', { nextStep: 'run it as root on a Debian machine' })
  }
  for (const peer of peers.filter(each => NEEDED.has(each.name) && locate(each) === undefined)) {
    progress(`installing ${peer.name}`)
    const reason = (await peer.fetch(peersFolder)) ?? 'its program is not where it was expected'
    if (locate(peer) === undefined) {
      throw new MeshError('IMAGES_OBSTACLE', `${peer.name} cannot be installed: ${reason}`, { nextStep: `npm run peers -- ${peer.name}` })
    }
  }
}
