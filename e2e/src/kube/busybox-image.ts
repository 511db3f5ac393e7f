import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { writeImage } from '../cluster/oci-image.ts'

export const BUSYBOX_IMAGE = 'docker.io/local/busybox:1'
const COMMANDS = ['sh', 'sleep', 'wget', 'httpd', 'hostname', 'nslookup', 'cat', 'nc']

/** A small image for pods of tests, from Debian's statically linked busybox. Gives the tar; it goes with the machine's /tmp. */
export async function busyboxImage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-busybox-'))
  const root = join(folder, 'root')
  mkdirSync(join(root, 'bin'), { recursive: true })
  mkdirSync(join(root, 'tmp'), { mode: 0o1777 })
  copyFileSync('/bin/busybox', join(root, 'bin', 'busybox'))
  for (const command of COMMANDS) symlinkSync('busybox', join(root, 'bin', command))
  await writeImage(root, join(folder, 'busybox.tar'), { reference: BUSYBOX_IMAGE, entrypoint: ['/bin/sh'] })
  return join(folder, 'busybox.tar')
}
