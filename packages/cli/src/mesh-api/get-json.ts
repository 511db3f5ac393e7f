import { MeshError, messageOf } from '@meshwork/core/result'
import { request } from 'undici'

const TIMEOUT_MS = 5000
const LARGEST_BYTES = 64 << 20

/** GETs text from one of our own debug endpoints on loopback; a failure names who did not answer. */
export async function getText(who: string, url: string): Promise<string> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
    const text = await body.text()
    if (text.length > LARGEST_BYTES) throw new Error(`answer is longer than ${LARGEST_BYTES} bytes`)
    if (statusCode !== 200) throw new Error(`status ${statusCode}: ${text.slice(0, 200)}`)
    return text
  } catch (error) {
    throw new MeshError('NO_ANSWER', `${who} did not answer at ${url}: ${messageOf(error) || 'connection refused'}`, {
      source: 'upstream',
      nextStep: 'see whether it runs: meshctl local status',
      cause: error,
    })
  }
}

export async function getJson(who: string, url: string): Promise<unknown> {
  const text = await getText(who, url)
  try {
    return JSON.parse(text)
  } catch {
    throw new MeshError('NO_ANSWER', `${who} answered at ${url} with something that is not JSON`, {
      nextStep: 'use the meshctl of the same version as the mesh',
    })
  }
}
