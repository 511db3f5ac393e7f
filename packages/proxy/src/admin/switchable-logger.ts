import { LOG_LEVELS, type LogFields, type Logger, type LogLevel } from '@meshwork/core/log'

/** The level that all loggers of a process share, so that it can be changed while the process runs. */
export class LogLevelSwitch {
  level: LogLevel

  constructor(level: LogLevel) {
    this.level = level
  }

  allows(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(this.level)
  }
}

/** A log whose level is that of `levels` at the moment of each line. `sink` must let everything pass. */
export class SwitchableLogger implements Logger {
  private readonly sink: Logger
  private readonly levels: LogLevelSwitch

  constructor(sink: Logger, levels: LogLevelSwitch) {
    this.sink = sink
    this.levels = levels
  }

  debug(message: string, fields?: LogFields): void {
    if (this.levels.allows('debug')) this.sink.debug(message, fields)
  }

  info(message: string, fields?: LogFields): void {
    if (this.levels.allows('info')) this.sink.info(message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    if (this.levels.allows('warn')) this.sink.warn(message, fields)
  }

  error(message: string, fields?: LogFields): void {
    if (this.levels.allows('error')) this.sink.error(message, fields)
  }

  child(fields: LogFields): Logger {
    return new SwitchableLogger(this.sink.child(fields), this.levels)
  }
}
