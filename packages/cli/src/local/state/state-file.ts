import { readFile, rename, writeFile } from 'node:fs/promises'

/** Replaces a JSON file so that readers see the old or the new text, never a part. Only the owner may read it. */
export async function writeJson(path: string, value: object): Promise<void> {
  const beside = `${path}.${process.pid}.new`
  await writeFile(beside, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 })
  await rename(beside, path)
}

/** `undefined` if there is no such file, or what is in it does not pass `accept`: an older version, or a half-written one after a crash. */
export async function readJson<T>(path: string, accept: (value: unknown) => value is T): Promise<T | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    return accept(value) ? value : undefined
  } catch {
    return undefined
  }
}
