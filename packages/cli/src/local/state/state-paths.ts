import { join, resolve } from 'node:path'

/** Everything that a running local mesh keeps on disk, below one folder that only its owner may read. */
export interface StatePaths {
  readonly root: string
  /** What runs: read by `status`, `down`, `run` and `proxy-config`. */
  readonly meshFile: string
  /** Generated objects, watched by pilot and mixer beside the user's folders. */
  readonly registry: string
  /** Mesh-wide settings, read by pilot at its start. */
  readonly meshConfig: string
  readonly tokens: string
  readonly signingKey: string
  readonly keySet: string
  readonly ca: string
  readonly rootCertificate: string
  /** One folder per proxy of our own: the configuration it had last. */
  readonly proxies: string
  readonly logs: string
  /** One file per `local run`. */
  readonly runs: string
}

export const DEFAULT_STATE_DIR: string = join('.meshwork', 'local')

export function statePaths(root: string): StatePaths {
  const at = resolve(root)
  return {
    root: at,
    meshFile: join(at, 'mesh.json'),
    registry: join(at, 'registry'),
    meshConfig: join(at, 'mesh-config.yaml'),
    tokens: join(at, 'tokens'),
    signingKey: join(at, 'keys', 'signing-key.json'),
    keySet: join(at, 'keys', 'jwks.json'),
    ca: join(at, 'ca'),
    rootCertificate: join(at, 'ca', 'root-cert.pem'),
    proxies: join(at, 'proxies'),
    logs: join(at, 'logs'),
    runs: join(at, 'runs'),
  }
}
