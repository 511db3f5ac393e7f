/** One document of a stream of YAML, exactly as it is written: `separator + body` of all documents is the text again. */
export interface YamlDocument {
  /** The line that begins it (`---`, perhaps with a comment), with its line end; empty for the first one without. */
  readonly separator: string
  readonly body: string
  /** Of the first character, counted from 1. */
  readonly line: number
}

/** YAML 1.2 section 9.1.2: such a line begins a document wherever it stands, even in a text over several lines. */
const SEPARATOR = /^---(?=[ \t\r\n]|$)[^\n]*(?:\n|$)/gm
/** A line that begins with a value (`--- {a: 1}`) is part of the document. */
const EMPTY = /^---[ \t]*(?:#[^\n]*)?\r?(?:\n|$)/

export function yamlDocuments(text: string): readonly YamlDocument[] {
  const starts = [...text.matchAll(SEPARATOR)].map(({ index }) => index)
  if (starts[0] !== 0) starts.unshift(0)
  let line = 1
  return starts.map((start, i) => {
    const chunk = text.slice(start, starts[i + 1])
    const separator = EMPTY.exec(chunk)?.[0] ?? ''
    const document = { separator, body: chunk.slice(separator.length), line }
    line += chunk.split('\n').length - 1
    return document
  })
}
