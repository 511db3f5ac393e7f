import { LOG_LEVELS, type LogLevel } from '@meshwork/core/log'
import { type AdminPage, textAnswer } from './admin-page.ts'
import type { LogLevelSwitch } from './switchable-logger.ts'

/** Envoy's words for levels that we call otherwise, so that its tools work. */
const SYNONYMS: ReadonlyMap<string, LogLevel> = new Map([
  ['trace', 'debug'],
  ['warning', 'warn'],
  ['critical', 'error'],
])

/** `POST /logging?level=debug` changes the level; without `level` it is printed. */
export function loggingPage(levels: LogLevelSwitch): AdminPage {
  return {
    path: '/logging',
    help: 'print or set the log level: ?level=debug|info|warn|error|off',
    changes: true,
    answer: ({ query }) => {
      const word = query.get('level')
      const level = word === null ? levels.level : (SYNONYMS.get(word) ?? LOG_LEVELS.find(each => each === word))
      if (level === undefined) return textAnswer(`unknown level; use one of ${LOG_LEVELS.join(', ')}\n`, 400)
      levels.level = level
      return textAnswer(`active level: ${level}\n`)
    },
  }
}
