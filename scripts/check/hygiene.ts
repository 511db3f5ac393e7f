/** Words and calls that the house rules ban (spec/models.md 2.4, 2.9, section 4 row 23), by file. */
export interface Ban {
  readonly pattern: RegExp
  readonly why: string
  /** Files where it is the point. */
  readonly except: RegExp
}

export interface Hit {
  readonly path: string
  readonly line: number
  readonly why: string
}

const NOWHERE = /^$/
const TESTS = /\.spec\.ts$|^packages\/testkit\/|^e2e\/|^bench\/|^scripts\/|^examples\//

/** A thread that is there because the clock of the main one may stand still; it imports nothing of ours. */
const OWN_THREAD = /\/process\/stall-thread\.ts$/

export const bans: readonly Ban[] = [
  { pattern: /\bvi\.(mock|spyOn|stubGlobal)\(/, why: 'no mocks of our own modules', except: NOWHERE },
  {
    pattern: /\bDate\.now\(|\bnew Date\(\)/,
    why: 'time comes from a Clock',
    except: new RegExp(`${TESTS.source}|^packages/core/src/(time|log)/|${OWN_THREAD.source}`),
  },
  {
    pattern: /(?<!\.)\bset(Timeout|Interval)\(/,
    why: 'timers come from a Clock',
    except: new RegExp(`${TESTS.source}|^packages/core/src/time/|${OWN_THREAD.source}`),
  },
  {
    pattern: /from 'node:http2?'/,
    why: 'node:http is not on the traffic path',
    except: new RegExp(
      `${TESTS.source}|/testdata/|/(admin|status|exporters|serve|metrics|prometheus|local|demo|keys)/|^packages/(xds/src/grpc|kube/src)/|reason-phrase`,
    ),
  },
  { pattern: /\/(home|root|work)\//, why: 'no path of one machine', except: /^scripts\/check\// },
  { pattern: /\b(it|test|describe)\.(only|todo)\(/, why: 'every test runs', except: NOWHERE },
]

/** `connection-manager` is Envoy's word. */
const BAD_NAME = /(^|[/-])(utils?|helpers?|common|(?<!connection-)manager)(\.ts$|\/|-)/

export function checkHygiene(path: string, text: string): Hit[] {
  const hits: Hit[] = []
  if (BAD_NAME.test(path)) hits.push({ path, line: 1, why: 'a name that says nothing' })
  for (const [index, line] of text.split('\n').entries()) {
    for (const ban of bans) {
      if (ban.pattern.test(line) && !ban.except.test(path)) hits.push({ path, line: index + 1, why: ban.why })
    }
  }
  return hits
}
