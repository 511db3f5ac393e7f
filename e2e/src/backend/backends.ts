import { localBackend } from './local/local-backend.ts'
import type { Backend } from './mesh.ts'

/** The back end named by `npm run e2e -- local|kube`; local unless told otherwise. */
export function chosenBackend(): Backend {
  const name = process.env['MESHWORK_E2E_BACKEND'] ?? localBackend.name
  if (name !== localBackend.name) throw new Error(`there is no back end '${name}'`)
  return localBackend
}
