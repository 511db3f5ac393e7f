import { type BenchRun, requiredPeer, SUBJECT_CORE } from '../harness/bench-run.ts'
import type { PinnedProcess } from '../harness/pinned-process.ts'

/** One section `frontend` with its `backend`. Lines are haproxy's own words. */
export interface HaproxyHop {
  readonly name: string
  readonly bind: string
  readonly server: string
  /** Of the frontend. */
  readonly rules?: readonly string[]
  /** Default `http`. */
  readonly mode?: 'http' | 'tcp'
}

/** haproxy with one thread. Resolves when something accepts on `port`. */
export async function startHaproxy(run: BenchRun, hops: readonly HaproxyHop[], port: number): Promise<PinnedProcess> {
  const file = await run.file(`haproxy-${port}.conf`, haproxyConfig(hops))
  const process = run.start(SUBJECT_CORE, requiredPeer('haproxy'), ['-db', '-f', file])
  await process.accepts(port)
  return process
}

function haproxyConfig(hops: readonly HaproxyHop[]): string {
  return `global
  nbthread 1
defaults
  timeout connect 5s
  timeout client 60s
  timeout server 60s
${hops.map(section).join('')}`
}

function section({ name, bind, server, rules = [], mode = 'http' }: HaproxyHop): string {
  return `frontend ${name}
  mode ${mode}
  bind ${bind}
${rules.map(rule => `  ${rule}\n`).join('')}  default_backend ${name}
backend ${name}
  mode ${mode}
${mode === 'http' ? '  http-reuse always\n' : ''}  server one ${server}
`
}
