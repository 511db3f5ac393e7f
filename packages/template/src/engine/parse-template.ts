import type { FunctionCall, NodeList, ParsedTemplate, Pipe, TemplateNode } from './ast.ts'
import { segmentsOf } from './lexer.ts'
import type { Segment } from './lexer.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { DEFAULT_DELIMITERS } from './parse-options.ts'
import type { Delimiters } from './parse-options.ts'
import { PipelineParser } from './parse-pipeline.ts'
import { SyntaxFault } from './syntax-fault.ts'
import { TemplateError } from './template-error.ts'

const MAX_NESTING = 100

/** Parses one file. Throws a TemplateError that names the place. */
export function parseTemplate(name: string, source: string, delimiters: Delimiters = DEFAULT_DELIMITERS): ParsedTemplate {
  try {
    if (source.length > DEFAULT_LIMITS.sourceCharacters) throw new SyntaxFault(0, 'the template is too long', 'split it into several files')
    const parser = new Parser(segmentsOf(source, delimiters))
    const body = parser.file()
    return { name, source, body, defines: parser.defines, calls: parser.calls }
  } catch (thrown) {
    if (!(thrown instanceof SyntaxFault)) throw thrown
    throw new TemplateError('TEMPLATE_SYNTAX', { template: name, source, at: thrown.at }, thrown.message, {
      nextStep: thrown.nextStep,
      cause: thrown,
    })
  }
}

interface Block {
  readonly nodes: NodeList
  /** What ended it: the tokens behind `else`, or undefined for `end`. */
  readonly elseOf: PipelineParser | undefined
}

class Parser {
  readonly defines = new Map<string, NodeList>()
  readonly calls: FunctionCall[] = []
  readonly #segments: readonly Segment[]
  #next = 0
  #depth = 0
  #loops = 0

  constructor(segments: readonly Segment[]) {
    this.#segments = segments
  }

  file(): NodeList {
    const nodes: TemplateNode[] = []
    for (let segment = this.#take(); segment !== undefined; segment = this.#take()) {
      if (segment.kind === 'text') nodes.push({ kind: 'text', text: segment.text })
      else
        this.#statement(segment, nodes, word => {
          throw new SyntaxFault(
            segment.at,
            `'${word}' without a beginning`,
            'remove it, or write the if, with, range or define that it ends',
          )
        })
    }
    return nodes
  }

  #take(): Segment | undefined {
    return this.#segments[this.#next++]
  }

  /** Nodes up to `end` or `else` of what began at `at`. */
  #block(at: number): Block {
    this.#depth += 1
    if (this.#depth > MAX_NESTING) throw new SyntaxFault(at, 'blocks are nested too deeply', 'move the inner ones into named templates')
    const nodes: TemplateNode[] = []
    for (let segment = this.#take(); segment !== undefined; segment = this.#take()) {
      if (segment.kind === 'text') {
        nodes.push({ kind: 'text', text: segment.text })
        continue
      }
      let closed: Block | undefined
      this.#statement(segment, nodes, (word, words) => {
        if (word === 'end') words.finish()
        closed = { nodes, elseOf: word === 'else' ? words : undefined }
      })
      if (closed === undefined) continue
      this.#depth -= 1
      return closed
    }
    throw new SyntaxFault(at, 'a block has no end', "close it with 'end'")
  }

  #statement(segment: Segment & { kind: 'action' }, nodes: TemplateNode[], close: (word: string, words: PipelineParser) => void): void {
    const { at } = segment
    const words = new PipelineParser(segment.tokens, at, this.calls)
    const first = words.peek()
    if (first === undefined) throw new SyntaxFault(at, 'an action is empty', 'write a value or remove the delimiters')
    if (first.kind !== 'identifier') {
      nodes.push({ kind: 'action', pipe: words.statement(1), at })
      return
    }
    switch (first.text) {
      case 'end':
      case 'else':
        words.take()
        return close(first.text, words)
      case 'if':
      case 'with':
      case 'range':
        words.take()
        nodes.push(this.#branch(first.text, words, at))
        return
      case 'define':
        words.take()
        this.#define(words, at)
        return
      case 'block':
      case 'template':
        words.take()
        nodes.push(this.#call(first.text, words, at))
        return
      case 'break':
      case 'continue':
        words.take()
        nodes.push(this.#jump(first.text, words, at))
        return
      default:
        nodes.push({ kind: 'action', pipe: words.statement(1), at })
    }
  }

  #branch(kind: 'if' | 'with' | 'range', words: PipelineParser, at: number): TemplateNode {
    const pipe = words.statement(kind === 'range' ? 2 : 1)
    if (kind === 'range') this.#loops += 1
    const body = this.#block(at)
    if (kind === 'range') this.#loops -= 1
    return { kind, pipe, body: body.nodes, otherwise: this.#otherwise(kind, body.elseOf, at), at }
  }

  #otherwise(kind: 'if' | 'with' | 'range', words: PipelineParser | undefined, at: number): NodeList {
    if (words === undefined) return []
    const chained = words.peek()
    if (chained !== undefined && chained.text === kind && kind !== 'range') {
      words.take()
      return [this.#branch(kind, words, chained.at)]
    }
    words.finish()
    const block = this.#block(at)
    if (block.elseOf !== undefined) throw new SyntaxFault(at, "a block has two 'else'", 'keep one, or write else if')
    return block.nodes
  }

  #define(words: PipelineParser, at: number): void {
    const name = stringToken(words)
    words.finish()
    this.#store(name, at)
  }

  #store(name: string, at: number): void {
    const loops = this.#loops
    this.#loops = 0
    const block = this.#block(at)
    this.#loops = loops
    if (block.elseOf !== undefined) throw new SyntaxFault(at, "'define' has no else", "end it with 'end'")
    this.defines.set(name, block.nodes)
  }

  #call(kind: 'block' | 'template', words: PipelineParser, at: number): TemplateNode {
    const name = stringToken(words)
    const pipe: Pipe | undefined = words.peek() === undefined ? undefined : words.statement(1)
    if (kind === 'block') this.#store(name, at)
    return { kind: 'template', name, pipe, at }
  }

  #jump(kind: 'break' | 'continue', words: PipelineParser, at: number): TemplateNode {
    words.finish()
    if (this.#loops === 0) throw new SyntaxFault(at, `'${kind}' outside of range`, `use ${kind} inside of a range block`)
    return { kind, at }
  }
}

function stringToken(words: PipelineParser): string {
  const token = words.take()
  if (token.kind !== 'string') throw new SyntaxFault(token.at, 'the name of a template must be a string', 'write it in double quotes')
  return token.text
}
