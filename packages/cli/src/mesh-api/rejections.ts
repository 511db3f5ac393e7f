import { type Clock, sleep } from '@meshwork/core/time'
import { getJson } from './get-json.ts'
import { asList, asObject, asText, at } from './json-reader.ts'

/** What pilot refuses at the moment, a line each: `file:line: VirtualService/default/reviews spec.hsts: unknown field …`. */
export async function rejections(pilotDebug: string): Promise<readonly string[]> {
  return readRejections(await getJson('pilot', `http://${pilotDebug}/debug/rejections`))
}

export function readRejections(answer: unknown): readonly string[] {
  return asList(answer).flatMap(rejection => {
    const file = asText(at(rejection, 'origin', 'file'))
    const key = asObject(at(rejection, 'key'))
    const object = [key['kind'], key['namespace'], key['name']]
      .map(asText)
      .filter(part => part !== '')
      .join('/')
    return asList(at(rejection, 'violations')).map(violation => {
      const { line, path, message, hint } = asObject(violation)
      const about = [object, asText(path)].filter(part => part !== '').join(' ')
      return `${file}:${asText(line)}: ${about === '' ? '' : `${about}: `}${asText(message)}${asText(hint) === '' ? '' : ` (${asText(hint)})`}`
    })
  })
}

/** What is accepted and will not work, errors and warnings, a line each: `file:line: IST0101 VirtualService/…: …; fix: …`. */
export async function advice(pilotDebug: string): Promise<readonly string[]> {
  return readAdvice(await getJson('pilot', `http://${pilotDebug}/debug/analysis`))
}

export function readAdvice(answer: unknown): readonly string[] {
  return asList(answer)
    .map(asObject)
    .filter(({ severity }) => severity === 'error' || severity === 'warning')
    .map(({ code, file, line, key, path, message, remedy }) => {
      const { kind, namespace, name } = asObject(key)
      const about = [`${asText(kind)}/${asText(namespace)}/${asText(name)}`, asText(path)].filter(part => part !== '').join(' ')
      return `${asText(file)}:${asText(line)}: ${asText(code)} ${about}: ${asText(message)}; fix: ${asText(remedy)}`
    })
}

const LOOK_EVERY_MS = 500

/** Tells of each rejection once when it appears, and when all are gone. A pilot that is down is asked again. */
export async function watchRejections(
  pilotDebug: string,
  clock: Clock,
  signal: AbortSignal,
  tell: (lines: readonly string[]) => void,
): Promise<void> {
  let known: readonly string[] = []
  while (!signal.aborted) {
    const now = await rejections(pilotDebug).catch(() => known)
    const fresh = now.filter(line => !known.includes(line))
    if (fresh.length > 0 || (now.length === 0 && known.length > 0)) tell(fresh)
    known = now
    await sleep(clock, LOOK_EVERY_MS, signal)
  }
}
