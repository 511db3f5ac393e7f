import { MessageChannel } from 'node:worker_threads'
import { MeshError, messageOf } from '@meshwork/core/result'
import { sleep, systemClock } from '@meshwork/core/time'
import { Command, InvalidArgumentError } from 'commander'

interface Flags {
  readonly timeoutSeconds: number
  readonly requestTimeoutMillis: number
  readonly periodMillis: number
  readonly url: string
}

const LONGEST_SECONDS = 86_400

/**
 * `meshwork-proxy wait`: ends when the proxy of this pod is ready, with exit code 1 if it does not become so in time. As the postStart
 * hook of the proxy's container it holds back the containers after it. The flags are those of Istio's agent.
 */
export async function waitUntilReady(argv: readonly string[]): Promise<void> {
  const flags = parseFlags(argv)
  // Timers of the clock keep no process alive, and between two questions there is nothing else.
  const { port1: alive } = new MessageChannel()
  alive.ref()
  const missing = await untilReady(flags)
  alive.close()
  if (missing === null) return
  const failure = new MeshError('PROXY_NOT_READY', `the proxy is not ready after ${flags.timeoutSeconds} s: ${missing}`, {
    nextStep: 'read the log of the container istio-proxy',
  })
  process.stderr.write(`error ${failure.code}: ${failure.message}; next: ${failure.nextStep}\n`)
  process.exitCode = 1
}

/** null: it is ready. Otherwise what was missing last. */
async function untilReady(flags: Flags): Promise<string | null> {
  const begin = systemClock.monotonicMs()
  for (;;) {
    const missing = await ask(flags)
    if (missing === null || systemClock.monotonicMs() - begin >= flags.timeoutSeconds * 1000) return missing
    await sleep(systemClock, flags.periodMillis)
  }
}

/** null: it is ready. */
async function ask({ url, requestTimeoutMillis }: Flags): Promise<string | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(requestTimeoutMillis), redirect: 'error' })
    const text = (await answer.text()).trim()
    return answer.ok ? null : text || `it answered ${answer.status}`
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    return messageOf(cause)
  }
}

function parseFlags(argv: readonly string[]): Flags {
  return new Command('meshwork-proxy wait')
    .description('waits until the proxy of this pod is ready')
    .option('--timeoutSeconds <seconds>', 'how long to wait', number(LONGEST_SECONDS), 60)
    .option('--requestTimeoutMillis <ms>', 'how long one question may take', number(LONGEST_SECONDS * 1000), 500)
    .option('--periodMillis <ms>', 'time between two questions', number(LONGEST_SECONDS * 1000), 100)
    .option('--url <url>', 'what to ask', 'http://127.0.0.1:15021/healthz/ready')
    .parse(argv, { from: 'user' })
    .opts<Flags>()
}

function number(most: number): (text: string) => number {
  return text => {
    if (/^\d{1,9}$/.test(text) && Number(text) <= most) return Number(text)
    throw new InvalidArgumentError(`write a whole number from 0 to ${most}`)
  }
}
