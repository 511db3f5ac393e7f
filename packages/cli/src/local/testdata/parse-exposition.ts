/** One line of Prometheus' text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy
const PARTS = /_(?:bucket|sum|count)$/

/** Reads a text strictly, as Prometheus' own checks do: throws at the first line that it would complain about. */
export function parseExposition(text: string): readonly Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const samples: Sample[] = []
  const types = new Map<string, string>()
  const seen = new Set<string>()
  for (const line of text.slice(0, -1).split('\n')) {
    const [, family, type] = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line) ?? []
    if (family !== undefined && type !== undefined) {
      if (types.has(family)) throw new Error(`second TYPE of ${family}`)
      types.set(family, type)
      continue
    }
    if (line === '' || line.startsWith('# HELP ')) continue
    const sample = parseSample(line)
    if (!types.has(sample.name) && types.get(sample.name.replace(PARTS, '')) !== 'histogram') throw new Error(`no TYPE before: ${line}`)
    const key = line.slice(0, line.lastIndexOf(' '))
    if (seen.has(key)) throw new Error(`twice: ${line}`)
    seen.add(key)
    samples.push(sample)
  }
  checkHistograms(samples)
  return samples
}

function parseSample(line: string): Sample {
  const [, name, labels = '', value = ''] = LINE.exec(line) ?? []
  const number = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value)
  if (name === undefined || Number.isNaN(number)) throw new Error(`not a sample: ${line}`)
  const found: Record<string, string> = {}
  let read = 0
  for (const match of labels.matchAll(LABEL)) {
    read += match[0].length
    found[match[1] ?? ''] = (match[2] ?? '').replaceAll(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))
  }
  if (read !== labels.length) throw new Error(`bad labels: ${line}`)
  return { name, labels: found, value: number }
}

/** Buckets rise, and the last has as many as `_count` says. */
function checkHistograms(samples: readonly Sample[]): void {
  const last = new Map<string, number>()
  for (const { name, labels, value } of samples) {
    const { le, ...others } = labels
    const key = `${name.replace(PARTS, '')} ${JSON.stringify(others)}`
    if (le !== undefined && name.endsWith('_bucket')) {
      if (value < (last.get(key) ?? 0)) throw new Error(`buckets fall: ${key}`)
      last.set(key, value)
    } else if (name.endsWith('_count') && last.has(key) && last.get(key) !== value) {
      throw new Error(`count differs from the last bucket: ${key}`)
    }
  }
}
