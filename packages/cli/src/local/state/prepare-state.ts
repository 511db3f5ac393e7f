import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { createSigningKey, signWorkloadToken } from '../identity/workload-tokens.ts'
import type { MeshPlan, RegistryFile } from '../plan/mesh-plan.ts'
import type { StatePaths } from './state-paths.ts'

const PRIVATE_FOLDER = { recursive: true, mode: 0o700 }
const PRIVATE_FILE = { mode: 0o600 }

/** Writes what the processes of `plan` read at their start: folders, signing key and key set, tokens, generated objects. */
export async function prepareState(plan: MeshPlan, paths: StatePaths): Promise<void> {
  const folders = [paths.root, paths.registry, paths.tokens, paths.ca, paths.logs, paths.runs, dirname(paths.signingKey)]
  for (const folder of folders) await mkdir(folder, PRIVATE_FOLDER)
  const key = await createSigningKey()
  await writeFile(paths.signingKey, JSON.stringify(key.privateJwk), PRIVATE_FILE)
  await writeFile(paths.keySet, JSON.stringify(key.keySet), PRIVATE_FILE)
  for (const { file, namespace, serviceAccount } of plan.tokens) {
    await writeFile(file, await signWorkloadToken(key.privateJwk, namespace, serviceAccount), PRIVATE_FILE)
  }
  await writeFile(paths.meshConfig, stringify(plan.meshConfig), PRIVATE_FILE)
  for (const file of plan.registry) await writeRegistryFile(paths, file)
}

/** Replaces one generated file at once: who watches the folder never sees half of it. */
export async function writeRegistryFile(paths: StatePaths, { name, documents }: RegistryFile): Promise<void> {
  const text = documents.map(document => stringify(document, { aliasDuplicateObjects: false })).join('---\n')
  const target = join(paths.registry, name)
  const beside = join(paths.root, `.${name}.${process.pid}.new`)
  await writeFile(beside, text, PRIVATE_FILE)
  await rename(beside, target)
}
