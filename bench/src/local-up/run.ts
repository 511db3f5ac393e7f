import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '@meshwork/testkit/net'
import { request } from 'undici'
import { median } from '../median.ts'

const MESHCTL = fileURLToPath(new URL('../../../packages/cli/bin/meshctl.mjs', import.meta.url))
const MESH = fileURLToPath(new URL('../../../examples/bookinfo/mesh.yaml', import.meta.url))
/** Give up waiting for the first answer. */
const DEADLINE_MS = 60_000
const POLL_MS = 10

/** Seconds from `meshctl local up` to the first successful request through the gateway, with everything built. */
export async function* localUp(quick: boolean): AsyncGenerator<object> {
  const seconds: number[] = []
  for (let round = 0; round < (quick ? 3 : 7); round++) seconds.push(await oneStart())
  yield { bench: 'local-up', subject: 'meshwork', seconds: median(seconds), runs: seconds, target_seconds: 3 }
}

async function oneStart(): Promise<number> {
  const state = await mkdtemp(join(tmpdir(), 'meshwork-bench-'))
  const port = await freePort()
  const started = performance.now()
  const mesh = spawn(
    process.execPath,
    [MESHCTL, 'local', 'up', '-f', MESH, '--state-dir', join(state, 'state'), '--gateway-port', `${port}`],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  try {
    await firstAnswer(`http://127.0.0.1:${port}/productpage`, started)
    return Math.round(performance.now() - started) / 1000
  } finally {
    mesh.kill('SIGTERM')
    if (mesh.exitCode === null) await once(mesh, 'exit')
    await rm(state, { recursive: true, force: true })
  }
}

async function firstAnswer(url: string, started: number): Promise<void> {
  while (performance.now() - started < DEADLINE_MS) {
    const status = await request(url)
      .then(async answer => {
        await answer.body.dump()
        return answer.statusCode
      })
      .catch(() => 0)
    if (status === 200) return
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
  throw new Error(`no successful request through the gateway within ${DEADLINE_MS} ms`)
}
