/** Words that YAML 1.1 reads as null or as a truth value. */
const WORDS = /^(?:|~|null|Null|NULL|y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|true|True|TRUE|false|False|FALSE)$/
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/
const INTEGER = /^[-+]?(?:0b[01_]+|0x[\da-fA-F_]*[\da-fA-F][\da-fA-F_]*|0o[0-7_]+|\d[\d_]*)$/
const SPECIAL = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/
const SIXTIES = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/
const SPACED_FLOAT = /^[-+]?\d[\d_]*\.[\d_]*(?:[eE][-+]?\d+)?$/
const DATE = /^\d{4}-\d{1,2}-\d{1,2}(?:$|(?:[Tt]|[ \t]+)\d{1,2}:\d{2}:\d{2}(?:\.\d*)?(?:Z|[ \t]*[-+]\d{1,2}(?::?\d{2})?)?$)/

/** Whether a reader of YAML 1.1 would take the plain text for something else than a string. */
export function resolvesToOther(text: string): boolean {
  return [WORDS, FLOAT, INTEGER, SPECIAL, SIXTIES, SPACED_FLOAT, DATE].some(pattern => pattern.test(text))
}
