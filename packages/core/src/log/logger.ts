export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'off'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export type LogFields = Readonly<Record<string, unknown>>

/** Structured log: the message is a constant text, whatever varies goes into fields. Never on the path of a request. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** The same log, with `fields` added to each line. */
  child(fields: LogFields): Logger
}

/** An unknown word means `info`. */
export function parseLogLevel(text: string): LogLevel {
  return LOG_LEVELS.find(level => level === text) ?? 'info'
}

class JsonLogger implements Logger {
  private readonly component: string
  private readonly level: LogLevel
  private readonly bound: LogFields
  private readonly write: (line: string) => void

  constructor(component: string, level: LogLevel, bound: LogFields, write: (line: string) => void) {
    this.component = component
    this.level = level
    this.bound = bound
    this.write = write
  }

  debug(message: string, fields?: LogFields): void {
    this.line('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.line('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.line('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.line('error', message, fields)
  }

  child(fields: LogFields): Logger {
    return new JsonLogger(this.component, this.level, { ...this.bound, ...fields }, this.write)
  }

  private line(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(this.level)) return
    this.write(
      `${JSON.stringify({ time: new Date().toISOString(), level, component: this.component, message, ...this.bound, ...fields })}\n`,
    )
  }
}

/** One JSON object per line, on stderr unless `write` says otherwise. */
export function jsonLogger(component: string, level: LogLevel, write?: (line: string) => void): Logger {
  return new JsonLogger(component, level, {}, write ?? (line => void process.stderr.write(line)))
}

/** Discards everything. */
export const silentLogger: Logger = jsonLogger('silent', 'off', () => undefined)
