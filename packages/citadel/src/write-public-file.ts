import { rename, writeFile } from 'node:fs/promises'

/** Replaces `path` in one step, so that a reader sees the old text or the new one. */
export async function writePublicFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`
  await writeFile(draft, text, { mode: 0o644 })
  await rename(draft, path)
}
